// A fluxrig gear in plain Go that uses what Go's runtime takes for granted: output, time, randomness, sleep.
// It answers each message with a copy. A first byte of 'x' makes it exit, and 'f' makes it look for files.
package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"time"
	"unsafe"
)

// buffers keeps what the host holds pointers to out of the garbage collector's reach until it is freed.
var buffers = map[uint32][]byte{}

func keep(buffer []byte) uint32 {
	pointer := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(buffer))))
	buffers[pointer] = buffer
	return pointer
}

//go:wasmexport alloc
func alloc(size uint32) uint32 {
	return keep(make([]byte, max(size, 1)))
}

//go:wasmexport free
func free(pointer, _ uint32) {
	delete(buffers, pointer)
}

//go:wasmexport process
func process(pointer, size uint32) uint64 {
	input := buffers[pointer][:size]
	start := time.Now()
	time.Sleep(5 * time.Millisecond)
	secret := make([]byte, 16)
	_, err := rand.Read(secret)
	fmt.Printf("year %d, slept %t, random %t\n",
		start.Year(), time.Since(start) >= 5*time.Millisecond, err == nil && [16]byte(secret) != [16]byte{})
	fmt.Fprintf(os.Stderr, "%d arguments, %d variables\n", len(os.Args), len(os.Environ()))
	if size > 0 && input[0] == 'x' {
		os.Exit(3)
	}
	if size > 0 && input[0] == 'f' {
		lookForFiles()
	}
	output := append([]byte(nil), input...)
	return uint64(keep(output))<<32 | uint64(len(output))
}

func lookForFiles() {
	_, opened := os.ReadFile("/etc/passwd")
	_, listed := os.ReadDir(".")
	created := os.WriteFile("left-behind", nil, 0o600)
	read, _ := os.Stdin.Read(make([]byte, 8))
	fmt.Printf("open: %v\nlist: %v\ncreate: %v\nread %d of stdin\n", opened, listed, created, read)
}

func main() {}
