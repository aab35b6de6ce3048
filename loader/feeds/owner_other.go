//go:build !unix

package feeds

import "io/fs"

const noFollow = 0

// groupOf: this system has no groups of files.
func groupOf(fs.FileInfo) int { return -1 }
