package main

import "unsafe"

// The calling convention `packed`: (ptr, len) -> u64, with alloc and free for the host.
//
// The result has the pointer in its high and the length in its low 32 bits; 0 is an empty output. With bit 63 set the
// function failed and the bytes are a message for people. The host frees the input as well as the result.

const failed = 1 << 63

// shared keeps what the host uses from the garbage collector, by address.
var shared = map[uint32][]byte{}

//go:wasmexport alloc
func alloc(length uint32) uint32 {
	return share(make([]byte, length, max(length, 1)))
}

//go:wasmexport free
func free(at, _ uint32) {
	delete(shared, at)
}

// input is what the host wrote to an address that alloc gave it.
func input(at, length uint32) []byte {
	return shared[at][:length]
}

// answer packs a function's output, or its error.
func answer(output []byte, err error) uint64 {
	if err != nil {
		return pack([]byte(err.Error())) | failed
	}
	return pack(output)
}

func pack(bytes []byte) uint64 {
	if len(bytes) == 0 {
		return 0
	}
	return uint64(share(bytes))<<32 | uint64(len(bytes))
}

func share(bytes []byte) uint32 {
	at := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(bytes))))
	shared[at] = bytes
	return at
}
