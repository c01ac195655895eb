// Package packed makes PrioStack byte functions, in the calling convention packed.
//
//	package main
//
//	import "plugbay.dev/guest/packed"
//
//	//go:wasmexport create_user
//	func exportCreateUser(input string) packed.Result { return packed.CallJSON(input, createUser) }
//
//	type request struct {
//		Name  string `json:"name"`
//		Email string `json:"email"`
//	}
//
//	type user struct {
//		ID   string `json:"id"`
//		Name string `json:"name"`
//	}
//
//	func createUser(r request) (user, error) { … }
//
//	func main() {}
//
// Each function is exported by one line, since Go wants to know the name when it compiles; the work is in a function that
// knows nothing of WebAssembly. Build with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared.
//
// An error becomes the failure that the host reports. A function that panics traps, after one log line at level error
// that says where.
package packed

import (
	"encoding/json"
	"strings"

	"plugbay.dev/guest/internal/buffers"
	"plugbay.dev/guest/internal/crash"
	"plugbay.dev/guest/internal/heap"
	"plugbay.dev/guest/packed/internal/host"
	"plugbay.dev/guest/strictjson"
)

// A Result is what an exported function returns to the host: its output or its failure.
type Result uint64

// A Function takes bytes and answers with bytes. The input is the function's to change.
type Function func(input []byte) ([]byte, error)

// Call answers a call of an export with a function.
func Call(input string, function Function) Result {
	return guard(func() Result { return answer(function(buffers.Bytes(input))) })
}

// CallJSON answers a call of an export with a function over JSON; see ReadJSON for what it takes.
func CallJSON[In, Out any](input string, function func(In) (Out, error)) Result {
	return guard(func() Result {
		in, err := ReadJSON[In](buffers.Bytes(input))
		if err != nil {
			return answer(nil, err)
		}
		out, err := function(in)
		if err != nil {
			return answer(nil, err)
		}
		return answer(strictjson.Marshal(out))
	})
}

// ReadJSON reads a JSON value by the rules of package strictjson: it must fit T, and an error names the key that does not.
func ReadJSON[T any](input []byte) (T, error) {
	return strictjson.Read[T](input)
}

// JSON is for a JSON value of any form in a struct for CallJSON: it is kept as it is.
type JSON = json.RawMessage

func guard(work func() Result) Result {
	heap.Tick()
	return crash.Guard(func(line string) { host.Log(host.Error, line) }, work)
}

// failed marks a result whose bytes are a message.
const failed = 1 << 63

func answer(output []byte, err error) Result {
	if err == nil {
		return Result(buffers.Put(output))
	}
	text := strings.ToValidUTF8(err.Error(), "\uFFFD")
	return Result(buffers.Put([]byte(text)) | failed)
}
