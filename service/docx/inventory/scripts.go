package inventory

import "strings"

// scripts are the schemes of addresses that run something where they are followed. Word does not follow them.
var scripts = []string{"javascript:", "vbscript:", "data:", "macro:", "service:", "slot:", "vnd.sun.star."}

// IsScript tells whether a link's address runs something in the viewer of the PDF. Spaces and control characters do not
// hide it.
func IsScript(address string) bool {
	plain := strings.ToLower(strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || r == 0xa0 {
			return -1
		}
		return r
	}, address))
	for _, scheme := range scripts {
		if strings.HasPrefix(plain, scheme) {
			return true
		}
	}
	return false
}
