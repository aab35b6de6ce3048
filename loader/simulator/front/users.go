package front

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// EachUser reads a CSV of users, by the names of its columns in any case: of a column that is not there, get answers
// an empty text.
func EachUser(r io.Reader, user func(get func(column string) string) error) error {
	in := csv.NewReader(r)
	in.ReuseRecord, in.FieldsPerRecord = true, -1
	header, err := in.Read()
	if err != nil {
		return fmt.Errorf("users: %w", err)
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	for line := 2; ; line++ {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("users: %w", err)
		}
		get := func(column string) string {
			if i, ok := at[strings.ToLower(column)]; ok && i < len(cells) {
				return cells[i]
			}
			return ""
		}
		if err := user(get); err != nil {
			return fmt.Errorf("users: line %d: %w", line, err)
		}
	}
}
