package sforce

import (
	"context"
	"net/http"
)

// Identity is who we are in the org.
type Identity struct {
	UserID      string `json:"user_id"`
	OrgID       string `json:"organization_id"`
	Username    string `json:"preferred_username"`
	UserType    string `json:"user_type"`
	Active      *bool  `json:"active"`
	Integration bool   `json:"is_salesforce_integration_user"`
}

const userinfo = "/services/oauth2/userinfo"

// Whoami asks the org who we are.
func (c *Client) Whoami(ctx context.Context) (Identity, error) {
	var id Identity
	return id, c.get(ctx, call{method: http.MethodGet, path: userinfo, again: true}, &id)
}

// Field is what describe says of a field to us: one that we may not read is not there.
type Field struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Length     int    `json:"length"`
	Updateable bool   `json:"updateable"`
	Nillable   bool   `json:"nillable"`
	Securable  bool   `json:"permissionable"` // under field-level security
	Restricted bool   `json:"restrictedPicklist"`
	Values     []struct {
		Value  string `json:"value"`
		Active bool   `json:"active"`
	} `json:"picklistValues"`
}

// Describe answers an object's fields by name.
func (c *Client) Describe(ctx context.Context, object string) (map[string]Field, error) {
	var d struct {
		Fields []Field `json:"fields"`
	}
	if err := c.get(ctx, call{method: http.MethodGet, path: "sobjects/" + object + "/describe", again: true}, &d); err != nil {
		return nil, err
	}
	fields := make(map[string]Field, len(d.Fields))
	for _, f := range d.Fields {
		fields[f.Name] = f
	}
	return fields, nil
}

// APILimit is the org's day: calls allowed, calls left.
type APILimit struct {
	Max       int `json:"Max"`
	Remaining int `json:"Remaining"`
}

// DailyCalls asks for the org's day.
func (c *Client) DailyCalls(ctx context.Context) (APILimit, error) {
	var limits struct {
		Calls APILimit `json:"DailyApiRequests"`
	}
	err := c.get(ctx, call{method: http.MethodGet, path: "limits", again: true}, &limits)
	return limits.Calls, err
}

// Versions are the API versions that the org serves: "66.0".
func (c *Client) Versions(ctx context.Context) ([]string, error) {
	var list []struct {
		Version string `json:"version"`
	}
	if err := c.get(ctx, call{method: http.MethodGet, path: "/services/data/", again: true}, &list); err != nil {
		return nil, err
	}
	versions := make([]string, len(list))
	for i, v := range list {
		versions[i] = v.Version
	}
	return versions, nil
}

// Rights are what describe says that we may do with an object.
type Rights struct {
	Createable bool `json:"createable"`
	Deletable  bool `json:"deletable"`
}

// ObjectRights asks what we may do with an object's records.
func (c *Client) ObjectRights(ctx context.Context, object string) (Rights, error) {
	var r Rights
	return r, c.get(ctx, call{method: http.MethodGet, path: "sobjects/" + object + "/describe", again: true}, &r)
}
