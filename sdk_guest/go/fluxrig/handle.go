package fluxrig

import (
	"strings"

	"plugbay.dev/guest/fluxrig/internal/host"
	"plugbay.dev/guest/internal/buffers"
	"plugbay.dev/guest/internal/crash"
	"plugbay.dev/guest/internal/heap"
	"plugbay.dev/guest/message"
)

// Message is a fluxMsg.
type Message = message.Message

// A Handler answers one message: with messages (see Send), with none (see Drop), or with an error, which rejects it.
type Handler func(m *Message) ([]*Message, error)

// A CoreHandler answers one message: with a message, with nil to drop it, or with an error, which is logged and drops it.
type CoreHandler func(m *Message) (*Message, error)

// Handle makes the gear answer its messages with a function. Call it in an init function.
func Handle(handler Handler) {
	answer = func(input []byte) uint64 { return extended(input, handler) }
}

// HandleCore makes the gear answer its messages with a function, and keeps to what a fluxrig v0.6 rack has. Call it in an
// init function.
func HandleCore(handler CoreHandler) {
	answer = func(input []byte) uint64 { return core(input, handler) }
}

// Send answers with messages: none drops the message, more than one fan it out.
func Send(messages ...*Message) ([]*Message, error) {
	return messages, nil
}

// Drop answers with nothing.
func Drop() ([]*Message, error) {
	return nil, nil
}

// Call is for a gear with an entrypoint other than process:
//
//	//go:wasmexport validate
//	func validate(input string) uint64 { return fluxrig.Call(input, check) }
func Call(input string, handler Handler) uint64 {
	return guard(func() uint64 { return extended(buffers.Bytes(input), handler) })
}

// answer is what the export process does.
var answer = func([]byte) uint64 {
	host.Log(host.Error, "the gear has no handler: call fluxrig.Handle in an init function")
	return 0
}

// scratch is where results are encoded before they get a block of their own.
var scratch []byte

func guard(work func() uint64) uint64 {
	heap.Tick()
	return crash.Guard(func(line string) { host.Log(host.Error, line) }, work)
}

func extended(input []byte, handler Handler) uint64 {
	m, err := message.Decode(input)
	if err != nil {
		return reject(err)
	}
	messages, err := handler(m)
	if err != nil {
		return reject(err)
	}
	return result(messages, reject)
}

func core(input []byte, handler CoreHandler) uint64 {
	m, err := message.Decode(input)
	if err != nil {
		return logAndDrop(err)
	}
	reply, err := handler(m)
	if err != nil {
		return logAndDrop(err)
	}
	if reply == nil {
		return 0
	}
	return result([]*Message{reply}, logAndDrop)
}

func result(messages []*Message, fail func(error) uint64) uint64 {
	encoded, err := encode(messages)
	if err != nil {
		return fail(err)
	}
	return buffers.Put(encoded)
}

// encode returns the bytes of messages; they are good until it is called again.
func encode(messages []*Message) ([]byte, error) {
	const kept = 1 << 20
	encoded, err := message.AppendAll(scratch[:0], messages)
	if cap(encoded) <= kept {
		scratch = encoded
	}
	return encoded, err
}

func reject(err error) uint64 {
	host.Reject(valid(err.Error()))
	return 0
}

func logAndDrop(err error) uint64 {
	host.Log(host.Error, valid(err.Error()))
	return 0
}

// valid is a text as hosts take it: UTF-8.
func valid(text string) string {
	return strings.ToValidUTF8(text, "\uFFFD")
}
