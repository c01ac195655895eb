// The conformance guest of fluxrig's core profile, for TinyGo.
package main

import (
	"plugbay.dev/guest/conformance/gear"
	"plugbay.dev/guest/fluxrig"
)

func init() { fluxrig.HandleCore(gear.Answer) }

func main() {}
