package sforce

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"rosterload/loader/transport"
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
	return ask(ctx, c, call{method: http.MethodGet, path: userinfo, repeatable: true}, func(id Identity) error {
		if !isID(id.UserID) || id.OrgID != "" && !isID(id.OrgID) {
			return errors.New("the answer does not say who we are")
		}
		return nil
	})
}

// Field is what describe says of a field to us: one that we may not read is not there.
type Field struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Length     int    `json:"length"`
	Updateable bool   `json:"updateable"`
	Nillable   bool   `json:"nillable"`
	Securable  bool   `json:"permissionable"` // under field-level security
	Values     []struct {
		Value  string `json:"value"`
		Active bool   `json:"active"`
	} `json:"picklistValues"`
}

// Rights are what describe says that we may do with an object.
type Rights struct {
	Createable bool
	Deletable  bool
}

// Describe answers an object's fields by name, of which Id is always one.
func (c *Client) Describe(ctx context.Context, object string) (map[string]Field, error) {
	d, err := c.describe(ctx, object, func(d description) error {
		if _, there := d.fields["Id"]; !there { // every user may read an id
			return transport.NoAnswer("the answer describes %s without its Id", object)
		}
		return nil
	})
	return d.fields, err
}

// ObjectRights asks what we may do with an object's records.
func (c *Client) ObjectRights(ctx context.Context, object string) (Rights, error) {
	d, err := c.describe(ctx, object, func(d description) error {
		if d.Createable == nil || d.Deletable == nil {
			return transport.NoAnswer("the answer does not say what we may do")
		}
		return nil
	})
	if err != nil {
		return Rights{}, err
	}
	return Rights{*d.Createable, *d.Deletable}, nil
}

// maxDescribe bounds a describe; that of User with all its time zones and languages has about one MiB.
const maxDescribe = 16 << 20

// description is what the org says of an object.
type description struct {
	Createable *bool `json:"createable"`
	Deletable  *bool `json:"deletable"`
	fields     map[string]Field
}

func (c *Client) describe(
	ctx context.Context, object string, shape func(description) error,
) (d description, err error) {
	q := call{
		method: http.MethodGet, path: "sobjects/" + object + "/describe", wants: transport.JSON,
		most: maxDescribe, repeatable: true,
	}
	err = c.send(ctx, q, func(a *transport.Answer) (err error) {
		if d, err = readDescription(a); err != nil {
			return err
		}
		return shape(d)
	})
	if err != nil {
		return description{}, err
	}
	return d, nil
}

func readDescription(a *transport.Answer) (description, error) {
	var d description
	fields := map[string]Field{}
	err := listing(a.Body, "fields", func(decoder *json.Decoder) error {
		f, err := record[Field](decoder)
		if err == nil && f.Name == "" {
			err = transport.NoAnswer("the answer has a field without a name")
		}
		fields[f.Name] = f
		return err
	}, &d)
	d.fields = fields
	return d, err
}

// Versions are the API versions that the org serves: "66.0".
func (c *Client) Versions(ctx context.Context) ([]string, error) {
	type version struct {
		Version string `json:"version"`
	}
	list, err := ask(ctx, c, call{method: http.MethodGet, path: "/services/data/", repeatable: true},
		func(list []version) error {
			for _, v := range list {
				if v.Version == "" {
					return errors.New("the answer has a version without a number")
				}
			}
			if len(list) == 0 {
				return errors.New("the answer names no version")
			}
			return nil
		})
	var versions []string
	for _, v := range list {
		versions = append(versions, v.Version)
	}
	return versions, err
}
