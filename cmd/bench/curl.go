package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// conversation is a load as curl would do it, with files that are ready: look everyone up, send the removals, send the
// upserts, fetch what became of each row, and look at everyone once more. It thinks nothing and keeps what it is told,
// as a load must. Its cost is the sum over curl's processes and the waiting between them.
type conversation struct {
	curl, address, folder, token string
	cost                         cost
}

// dataPath is that of the API version that a load uses by default.
const dataPath = "/services/data/v66.0/"

const everyone = "SELECT Username,Id,IsActive," +
	"Engage_Group_Request_vod__c,Engage_Group_vod__c,Engage_Group_Provisioning_Status_vod__c FROM User"

// converse talks with an org; batches are the sealed files of a load that went before, with another org of the same
// users.
func converse(curl, address, folder string, batches []string) (cost, error) {
	c := &conversation{curl: curl, address: address, folder: folder}
	began := time.Now()
	err := c.hold(batches)
	c.cost.wall = time.Since(began)
	return c.cost, err
}

func (c *conversation) hold(batches []string) error {
	var session struct {
		Token string `json:"access_token"`
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"bench"}, "client_secret": {"bench"}}
	if err := c.ask(&session, "POST", "/services/oauth2/token", "-d", form.Encode()); err != nil {
		return err
	}
	c.token = session.Token
	if err := c.lookUp("before.csv"); err != nil {
		return err
	}
	for _, b := range batches {
		if err := c.send(b); err != nil {
			return err
		}
	}
	return c.lookUp("after.csv")
}

// lookUp keeps every page of a query job's results.
func (c *conversation) lookUp(name string) error {
	job, err := c.job("jobs/query", map[string]string{"operation": "query", "query": everyone})
	if err != nil {
		return err
	}
	if err := c.wait("jobs/query/" + job); err != nil {
		return err
	}
	heads := filepath.Join(c.folder, "heads")
	for page, locator := 0, ""; locator != "null"; page++ {
		path := dataPath + "jobs/query/" + job + "/results?maxRecords=250000"
		if locator != "" {
			path += "&locator=" + locator
		}
		if err := c.run("GET", path, "-D", heads, "-o", filepath.Join(c.folder, fmt.Sprint(page, name))); err != nil {
			return err
		}
		if locator, err = header(heads, "Sforce-Locator"); err != nil {
			return err
		}
	}
	return nil
}

func header(path, name string) (string, error) {
	text, err := os.ReadFile(path)
	for line := range strings.SplitSeq(string(text), "\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value), nil
		}
	}
	return "", errors.Join(err, fmt.Errorf("the answer has no %s", name))
}

// send uploads one sealed file and fetches the three answers.
func (c *conversation) send(file string) error {
	job, err := c.job("jobs/ingest", map[string]string{
		"object": "User", "operation": "update", "contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA",
	})
	if err != nil {
		return err
	}
	path := dataPath + "jobs/ingest/" + job
	if err := c.run("PUT", path+"/batches", "-H", "Content-Type: text/csv", "-T", file); err != nil {
		return err
	}
	if err := c.run("PATCH", path, "-H", "Content-Type: application/json", "-d", `{"state":"UploadComplete"}`, "-o",
		os.DevNull); err != nil {
		return err
	}
	if err := c.wait("jobs/ingest/" + job); err != nil {
		return err
	}
	for _, which := range []string{"successfulResults", "failedResults", "unprocessedrecords"} {
		if err := c.run("GET", path+"/"+which+"/", "-o", filepath.Join(c.folder, which)); err != nil {
			return err
		}
	}
	return nil
}

// job makes a job and answers its id.
func (c *conversation) job(path string, of map[string]string) (string, error) {
	body, err := json.Marshal(of)
	if err != nil {
		return "", err
	}
	var made struct{ ID string }
	err = c.ask(&made, "POST", dataPath+path, "-H", "Content-Type: application/json", "-d", string(body))
	return made.ID, err
}

// wait polls a job as often as the loads that are measured do.
func (c *conversation) wait(path string) error {
	for {
		var job struct{ State string }
		if err := c.ask(&job, "GET", dataPath+path); err != nil {
			return err
		}
		if slices.Contains([]string{"JobComplete", "Failed", "Aborted"}, job.State) {
			return nil
		}
		time.Sleep(poll)
	}
}

// ask reads a small answer.
func (c *conversation) ask(into any, method, path string, args ...string) error {
	answer := filepath.Join(c.folder, "answer")
	if err := c.run(method, path, append(args, "-o", answer)...); err != nil {
		return err
	}
	text, err := os.ReadFile(answer)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func (c *conversation) run(method, path string, args ...string) error {
	all := append([]string{c.curl, "-sS", "--fail", "--compressed", "-X", method, c.address + path}, args...)
	if c.token != "" {
		all = append(all, "-H", "Authorization: Bearer "+c.token)
	}
	one, err := measure(all)
	c.cost.add(one)
	return err
}
