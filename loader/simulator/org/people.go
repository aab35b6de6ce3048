package org

import (
	"fmt"
	"strings"
)

// Add takes a user in. An empty ID is made up. Two users cannot have one id or one username.
func (g *Org) Add(u User) error {
	if u.ID == "" {
		u.ID = MakeID("005", len(g.users)+1)
	}
	if len(u.ID) == 15 {
		u.ID += Suffix(u.ID)
	}
	if len(u.ID) != 18 {
		return fmt.Errorf("user %s: id %q has neither 15 nor 18 characters", u.Username, u.ID)
	}
	name := strings.ToLower(u.Username)
	if _, twice := g.byID[u.ID[:15]]; twice {
		return fmt.Errorf("id %s is there twice", u.ID)
	}
	if _, twice := g.byName[name]; twice {
		return fmt.Errorf("username %s is there twice", u.Username)
	}
	u.Request, u.Group = g.text(u.Request), g.text(u.Group)
	if u.Group != "" {
		g.members++
		if g.options.Groups == nil {
			g.groups[u.Group] = true
		}
		u.HostID = "host-" + u.ID[9:15]
	}
	i := int32(len(g.users))
	g.users = append(g.users, u)
	g.byID[u.ID[:15]], g.byName[name] = i, i
	return nil
}

// Fill makes up users: user0000001@acme.example and so on, every tenth of them in the first group.
func (g *Org) Fill(count int, first string) error {
	for n := 1; n <= count; n++ {
		u := User{
			ID: MakeID("005", n), Username: fmt.Sprintf("user%07d@acme.example", n),
			Email:      fmt.Sprintf("person%07d@mail.example", n),
			Federation: fmt.Sprintf("fed-%07d", n), Employee: fmt.Sprintf("E%07d", n), Active: true,
		}
		if n%10 == 0 {
			u.Request, u.Group, u.Status = first, first, Success
		}
		if err := g.Add(u); err != nil {
			return err
		}
	}
	return nil
}

// digits are those of an id.
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// MakeID is an id of 18 characters with the given prefix.
func MakeID(prefix string, n int) string {
	id := []byte(prefix + "5f0000000000")
	for i := 14; n > 0; i-- {
		id[i] = digits[n%62]
		n /= 62
	}
	return string(id) + Suffix(string(id))
}

// Suffix tells which of 15 characters are capitals, five a letter. Source: Salesforce, 15-character and 18-character
// record IDs.
func Suffix(id string) string {
	var out [3]byte
	for i := range out {
		value := 0
		for bit := range 5 {
			if c := id[5*i+bit]; c >= 'A' && c <= 'Z' {
				value += 1 << bit
			}
		}
		out[i] = suffixes[value]
	}
	return string(out[:])
}

const suffixes = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

// FullID is an id of 15 characters, which tell case, or of 18 in any case, as 18 characters; false is an id that is
// neither. The last three characters restore the case of the others. Source: Salesforce, 15-character and
// 18-character record IDs.
func FullID(id string) (string, bool) {
	switch {
	case len(id) == 15:
		return id + Suffix(id), true
	case len(id) != 18:
		return "", false
	case Suffix(id) == id[15:]:
		return id, true
	}
	plain := []byte(strings.ToLower(id[:15]))
	for i, letter := range []byte(strings.ToUpper(id[15:])) {
		value := strings.IndexByte(suffixes, letter)
		if value < 0 {
			return "", false
		}
		for bit := range 5 {
			if c := plain[5*i+bit]; value&(1<<bit) != 0 {
				if c < 'a' || c > 'z' {
					return "", false
				}
				plain[5*i+bit] = c - 'a' + 'A'
			}
		}
	}
	return string(plain) + strings.ToUpper(id[15:]), true
}

// ByUsername finds a user whatever the case.
func (g *Org) ByUsername(name string) (int, bool) {
	i, ok := g.byName[strings.ToLower(name)]
	return int(i), ok
}
