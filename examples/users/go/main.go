// The PrioStack user service in Go, in the calling convention `packed`.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"
)

type request struct {
	email, name string
}

// readRequest reads an object with both fields or, as in Rust, an array of them in order.
func readRequest(data []byte) (request, error) {
	r := reader{left: data}
	r.space()
	read := r.object
	if r.take('[') {
		read = r.array
	}
	fields, err := read()
	r.space()
	if err != nil || len(r.left) > 0 {
		return request{}, errInvalid
	}
	return fields, nil
}

func (r *reader) array() (request, error) {
	r.space()
	email, err := r.text()
	if err != nil {
		return request{}, err
	}
	if err := r.punctuation(','); err != nil {
		return request{}, err
	}
	name, err := r.text()
	if err != nil {
		return request{}, err
	}
	return request{email, name}, r.punctuation(']')
}

func (r *reader) object() (request, error) {
	fields := map[string]string{}
	if err := r.punctuation('{'); err != nil {
		return request{}, err
	}
	for first := true; !r.take('}'); first = false {
		if !first {
			if err := r.punctuation(','); err != nil {
				return request{}, err
			}
		}
		if err := r.member(fields); err != nil {
			return request{}, err
		}
		r.space()
	}
	email, hasEmail := fields["email"]
	name, hasName := fields["name"]
	if !hasEmail || !hasName {
		return request{}, errInvalid
	}
	return request{email, name}, nil
}

// member reads a member of the request into the fields; members of other names are skipped.
func (r *reader) member(fields map[string]string) error {
	key, err := r.text()
	if err != nil {
		return err
	}
	if err := r.punctuation(':'); err != nil {
		return err
	}
	if key != "email" && key != "name" {
		return r.skip()
	}
	if _, twice := fields[key]; twice {
		return errInvalid
	}
	fields[key], err = r.text()
	return err
}

// createUser answers with the user that the request asks for, or with an object with the single key `error`.
//
//go:wasmexport createUser
func createUser(at, length uint32) uint64 {
	user, err := readRequest(input(at, length))
	if err != nil {
		return pack([]byte(`{"error": "Invalid input"}`))
	}
	if user.email == "" || user.name == "" {
		return pack([]byte(`{"error": "Email and name are required"}`))
	}
	out := appendText([]byte(`{"id":"user_123","email":`), user.email)
	out = appendText(append(out, `,"name":`...), user.name)
	return pack(append(out, '}'))
}

//go:wasmexport echo
func echo(at, length uint32) uint64 {
	return answer(bytes.Clone(input(at, length)), nil)
}

// fail fails with the input as its message.
//
//go:wasmexport fail
func fail(at, length uint32) uint64 {
	return answer(nil, errors.New(string(input(at, length))))
}

// logLine writes the input to standard error and returns nothing.
//
//go:wasmexport logLine
func logLine(at, length uint32) uint64 {
	println(string(input(at, length)))
	return answer(nil, nil)
}

// clock answers with the time as eight little-endian bytes, nanoseconds since 1970.
//
//go:wasmexport clock
func clock(_, _ uint32) uint64 {
	return answer(binary.LittleEndian.AppendUint64(nil, uint64(time.Now().UnixNano())), nil)
}

func main() {}
