package actor

import pdk "github.com/extism/go-pdk"

// Run does the work of an export and returns what Extism expects: 0, or 1 with the error's text beside it.
func Run(work func() error) int32 {
	if err := work(); err != nil {
		pdk.SetError(err)
		return 1
	}
	return 0
}
