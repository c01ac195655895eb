// An Extism plugin that greets, in the words of its config.
package main

import (
	"errors"

	"plugbay.dev/guest/extism"
)

//go:wasmexport greet
func exportGreet() int32 { return extism.Call(greet) }

func greet(name []byte) ([]byte, error) {
	if len(name) == 0 {
		return nil, errors.New("there is nobody to greet")
	}
	greeting, found := extism.Config("greeting")
	if !found {
		greeting = "Hello"
	}
	extism.Info("greeted " + string(name))
	return []byte(greeting + ", " + string(name) + "!"), nil
}

func main() {}
