//go:build wasm || tinygo.wasm

package host

import (
	"unsafe"

	"plugbay.dev/guest/internal/buffers"
)

//go:wasmimport env log
func hostLog(level uint32, at unsafe.Pointer, length uint32)

//go:wasmimport env emit
func hostEmit(at unsafe.Pointer, length uint32)

//go:wasmimport env reject
func hostReject(at unsafe.Pointer, length uint32)

//go:wasmimport env flux_kv_get
func hostGet(key unsafe.Pointer, keyLength uint32) uint64

//go:wasmimport env flux_kv_put
func hostPut(key unsafe.Pointer, keyLength uint32, value unsafe.Pointer, valueLength uint32) uint32

//go:wasmimport env flux_req_http
func hostHTTP(url unsafe.Pointer, urlLength uint32, body unsafe.Pointer, bodyLength uint32) uint64

// Log writes a line to the host's log.
func Log(level uint32, text string) {
	hostLog(level, textAt(text), uint32(len(text)))
}

// Emit sends the bytes of a message.
func Emit(data []byte) {
	hostEmit(bytesAt(data), uint32(len(data)))
}

// Reject marks the message rejected.
func Reject(reason string) {
	hostReject(textAt(reason), uint32(len(reason)))
}

// Get reads a key of the state. It is false for a key that is absent or refused.
func Get(key string) ([]byte, bool) {
	packed := hostGet(textAt(key), uint32(len(key)))
	return buffers.Take(packed), packed != 0
}

// Put writes a key of the state. It is false when the host refused.
func Put(key string, value []byte) bool {
	return hostPut(textAt(key), uint32(len(key)), bytesAt(value), uint32(len(value))) == 0
}

// HTTP sends a body to a URL. The answer is CBOR; false when the host refused or failed.
func HTTP(url string, body []byte) ([]byte, bool) {
	packed := hostHTTP(textAt(url), uint32(len(url)), bytesAt(body), uint32(len(body)))
	return buffers.Take(packed), packed != 0
}

func textAt(text string) unsafe.Pointer {
	return unsafe.Pointer(unsafe.StringData(text))
}

func bytesAt(data []byte) unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(data))
}
