package simulator

// Flag is a flag of `rosterload simulate` that not every kind of pretend org has.
type Flag struct {
	Name, Usage string
	Set         func(o *Options, value string)
}

// Flags of orgs that let a client in by its id and secret, and of those that let a user in by name and password.
var (
	ClientFlags = []Flag{
		{"client-id", "the only client id accepted (default any)", func(o *Options, v string) { o.ClientID = v }},
		{"client-secret", "the only client secret accepted (default any)", func(o *Options, v string) { o.ClientSecret = v }},
	}
	UserFlags = []Flag{
		{"username", "the only user name accepted (default any)", func(o *Options, v string) { o.Username = v }},
		{"password", "the only password accepted (default any)", func(o *Options, v string) { o.Password = v }},
	}
)
