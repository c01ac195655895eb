// Command wazero runs WebAssembly modules for plugbay's conformance suite on wazero, the runtime of fluxrig and of Extism's
// Go SDK. It speaks a line protocol on standard input and output, which README.md beside it describes.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"runtime/debug"
)

func main() {
	out := os.Stdout
	os.Stdout = os.Stderr     // libraries print where they like; the protocol must not meet it
	log.SetOutput(io.Discard) // the SDK tells there how it makes each plugin
	closeNetwork()
	cache := ""
	if len(os.Args) > 1 {
		cache = os.Args[1]
	}
	if err := run(os.Stdin, out, cache); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run answers requests until the input ends. It then returns at once even if a guest is still running, so that no process
// is left behind when the one that started it is gone.
func run(in io.Reader, out io.Writer, cache string) error {
	encoder := json.NewEncoder(out)
	server, err := newServer(cache, func(told *progress) { _ = encoder.Encode(told) })
	if err != nil {
		return err
	}
	if err := encoder.Encode(hello()); err != nil {
		return err
	}
	lines, ended := readLines(in)
	answered := make(chan error)
	go func() {
		for line := range lines {
			if err := encoder.Encode(server.answer(line)); err != nil {
				answered <- err
				return
			}
		}
	}()
	select {
	case <-ended:
		return nil
	case err := <-answered:
		return err
	}
}

// readLines gives the lines of the input one by one; the second channel is closed at its end.
func readLines(in io.Reader) (<-chan []byte, <-chan struct{}) {
	lines, ended := make(chan []byte), make(chan struct{})
	go func() {
		defer close(ended)
		reader := bufio.NewReaderSize(in, 1<<16)
		for {
			line, err := reader.ReadBytes('\n')
			if err != nil {
				return
			}
			lines <- line
		}
	}()
	return lines, ended
}

// greeting is the first line that the program writes.
type greeting struct {
	Program  string `json:"program"`
	Protocol int    `json:"protocol"`
	Wazero   string `json:"wazero"`
	GoSDK    string `json:"go_sdk"`
	Go       string `json:"go"`
}

func hello() greeting {
	found := greeting{Program: "plugbay-wazero", Protocol: protocol, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			switch module.Path {
			case "github.com/tetratelabs/wazero":
				found.Wazero = module.Version
			case "github.com/extism/go-sdk":
				found.GoSDK = module.Version
			}
		}
	}
	return found
}
