// Signs in, queries, loads and reads the outcome with jsforce, and prints what it saw as JSON. argv: the org's address, a removal's id, an assignment's id.
import jsforce from 'jsforce';

const [url, leaver, joiner] = process.argv.slice(2);
const request = 'Engage_Group_Request_vod__c', group = 'Engage_Group_vod__c', status = 'Engage_Group_Provisioning_Status_vod__c';
const saw = {};

// Two ways in: SOAP login, as older programs do it, and OAuth client credentials.
const old = new jsforce.Connection({ loginUrl: url, version: '62.0' });
const me = await old.login('admin@acme.example', 'any');
saw.login = { id: me.id.slice(0, 3), organization: me.organizationId.slice(0, 3) };
const conn = new jsforce.Connection({ loginUrl: url, instanceUrl: url, version: '62.0', oauth2: { loginUrl: url, clientId: 'me', clientSecret: 'mine' } });
await conn.authorize({ grant_type: 'client_credentials' });
conn.bulk2.pollInterval = 50;
conn.bulk2.pollTimeout = 20000;
const identity = await conn.identity();
saw.identity = { same: identity.user_id === me.id, username: identity.username };

const counted = await conn.query('SELECT COUNT() FROM User');
saw.users = counted.totalSize;
const all = (await conn.query("SELECT Id, Username, Profile.Name FROM User WHERE Username LIKE 'user%' ORDER BY Username")).records;
saw.paged = { size: all.length, first: all[0].Username, profile: typeof all[0].Profile.Name };
const found = await conn.sobject('User').findOne({ Id: leaver }, ['Id', 'Username', request]);
saw.found = found[request];
const described = await conn.sobject('User').describe();
saw.updateable = described.fields.find((f) => f.name === request).updateable;
const versions = await conn.request('/services/data');
saw.newest = versions.at(-1).version;
saw.limits = typeof (await conn.limits()).DailyApiRequests.Max;
saw.listviews = Array.isArray((await conn.request('/services/data/v62.0/sobjects/User/listviews')).listviews);

try {
  await conn.query('SELECT Nothing FROM User');
} catch (e) {
  saw.refused = { code: e.errorCode, where: /Row:\d+:Column:\d+/.test(e.message) };
}

const load = async (input) => {
  const r = await conn.bulk2.loadAndWaitForResults({ object: 'User', operation: 'update', input, pollInterval: 50, pollTimeout: 20000 });
  return {
    well: r.successfulResults.map((x) => [x.sf__Id, x.sf__Created]),
    failed: r.failedResults.map((x) => [x.sf__Id, x.sf__Error]),
    unprocessed: r.unprocessedRecords.length,
  };
};
saw.removals = await load([{ Id: leaver, [request]: '#N/A' }]);
saw.upserts = await load([{ Id: joiner, [request]: 'Alpha' }, { Id: '005000000000000AAA', [request]: 'Alpha' }]);

const rows = [];
const records = await conn.bulk2.query(`SELECT Id, ${request}, ${group}, ${status} FROM User WHERE Id IN ('${leaver}', '${joiner}')`, { pollInterval: 50, pollTimeout: 20000 });
await new Promise((done, broken) => records.on('record', (r) => rows.push([r.Id, r[request], r[group], r[status]])).on('end', done).on('error', broken));
saw.after = rows.sort();

const collections = await conn.sobject('User').update([{ Id: leaver, [request]: 'Beta' }, { Id: joiner, Nothing__c: 'x' }], { allOrNone: false });
saw.collections = collections.map((r) => r.success ? 'well' : r.errors[0].statusCode);
// A session that was logged out is dead for every connection that has it, whichever way it began.
saw.revoked = [];
for (const one of [conn, old]) {
  const stale = new jsforce.Connection({ instanceUrl: url, accessToken: one.accessToken, version: '62.0' });
  await one.logout();
  try {
    await stale.query('SELECT Id FROM User LIMIT 1');
  } catch (e) {
    saw.revoked.push(e.errorCode);
  }
}
console.log(JSON.stringify(saw));
