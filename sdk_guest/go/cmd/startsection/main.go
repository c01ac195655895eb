// Startsection makes the function that a module exports as _initialize the module's start function, which runs by itself
// when an instance is made. Racks of fluxrig v0.6 never call _initialize, and without it the runtime of TinyGo does not work.
// usage: startsection IN.wasm OUT.wasm
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

func main() {
	module, err := os.ReadFile(os.Args[1])
	if err == nil {
		module, err = startByItself(module)
	}
	if err == nil {
		err = os.WriteFile(os.Args[2], module, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Sections of a module that matter here (WebAssembly core, "Binary format").
const (
	sectionExport = 7
	sectionStart  = 8
)

var (
	errNoModule     = errors.New("this is no WebAssembly module")
	errNoInitialize = errors.New("the module does not export _initialize")
)

// startByItself removes the export _initialize and puts a start section in its place.
func startByItself(module []byte) ([]byte, error) {
	if !bytes.HasPrefix(module, []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, errNoModule
	}
	out, rest, done := append([]byte{}, module[:8]...), &reader{left: module[8:]}, false
	for len(rest.left) > 0 {
		kind := rest.byte()
		content := rest.take(rest.number())
		if rest.failed {
			return nil, errNoModule
		}
		switch kind {
		case sectionStart:
			return nil, errors.New("the module has a start function already")
		case sectionExport:
			exports, function, found := withoutInitialize(content)
			if !found {
				return nil, errNoInitialize
			}
			done = true
			out = appendSection(out, sectionExport, exports)
			out = appendSection(out, sectionStart, appendNumber(nil, function))
		default:
			out = appendSection(out, kind, content)
		}
	}
	if !done {
		return nil, errNoInitialize
	}
	return out, nil
}

// withoutInitialize is an export section without _initialize, and the index of that function.
func withoutInitialize(content []byte) ([]byte, uint64, bool) {
	r := &reader{left: content}
	count := r.number()
	var kept []byte
	var function uint64
	found := false
	for range count {
		before := r.left
		name := r.take(r.number())
		kind, index := r.byte(), r.number()
		if r.failed {
			return nil, 0, false
		}
		if string(name) == "_initialize" && kind == 0 {
			function, found = index, true
			continue
		}
		kept = append(kept, before[:len(before)-len(r.left)]...)
	}
	return append(appendNumber(nil, count-1), kept...), function, found
}

func appendSection(out []byte, kind byte, content []byte) []byte {
	out = appendNumber(append(out, kind), uint64(len(content)))
	return append(out, content...)
}

// appendNumber appends a number as LEB128.
func appendNumber(out []byte, number uint64) []byte {
	for ; number >= 0x80; number >>= 7 {
		out = append(out, byte(number)|0x80)
	}
	return append(out, byte(number))
}

// A reader reads a module from the left. Once something was missing it has failed, and reads zeros.
type reader struct {
	left   []byte
	failed bool
}

func (r *reader) take(count uint64) []byte {
	if r.failed || count > uint64(len(r.left)) {
		r.failed = true
		return nil
	}
	taken := r.left[:count]
	r.left = r.left[count:]
	return taken
}

func (r *reader) byte() byte {
	if taken := r.take(1); taken != nil {
		return taken[0]
	}
	return 0
}

func (r *reader) number() uint64 {
	var number uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		number |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return number
		}
	}
	r.failed = true
	return 0
}
