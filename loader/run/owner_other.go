//go:build !unix

package run

import "io/fs"

// owner is empty: the owner of a file is no single name here.
func owner(fs.FileInfo) string { return "" }
