//go:build !unix

package run

import "io/fs"

// Owner is empty: the owner of a file is no single name here.
func Owner(fs.FileInfo) string { return "" }
