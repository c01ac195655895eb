package main

import (
	"bytes"
	"testing"
)

// module exports "a" (function 1) and, unless it is empty, one more name (function 2).
func module(name string, more ...byte) []byte {
	exports := []byte{1, 1, 'a', 0, 1}
	if name != "" {
		exports[0] = 2
		exports = append(append(append(exports, byte(len(name))), name...), 0, 0x82, 0)
	}
	out := []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x07")
	out = append(append(out, byte(len(exports))), exports...)
	return append(out, more...)
}

func TestInitializeBecomesTheStartFunction(t *testing.T) {
	got, err := startByItself(module("_initialize", 10, 1, 0))
	if want := append(module(""), 8, 1, 2, 10, 1, 0); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%x, %v", got, err)
	}
}

func TestOtherModulesAreRefused(t *testing.T) {
	for _, wrong := range [][]byte{
		nil, []byte("\x00asm\x02\x00\x00\x00"), module(""), module("_start"), module("_initialize", 8, 1, 1),
		module("_initialize", 10, 9), []byte("\x00asm\x01\x00\x00\x00\x07\x02\xff\xff"),
		[]byte("\x00asm\x01\x00\x00\x00\x07\x06\xff\xff\xff\xff\xff\x0f"),
	} {
		if got, err := startByItself(wrong); err == nil {
			t.Errorf("%x became %x", wrong, got)
		}
	}
	whole := module("_initialize")
	for length := range whole {
		if got, err := startByItself(whole[:length]); err == nil {
			t.Errorf("%x became %x", whole[:length], got)
		}
	}
}
