package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const source = `package x

// A says something.
type A struct {
	// B too.
	B int
	C int // and so
	D int
}
type E int
type f struct{ G int }

func H()     {}
func (A) I() {}
func (f) J() {}

// Both have one.
const (
	K = 1
	l = 2
)

var M, n = 1, 2
`

func TestWhatHasNoCommentIsNamed(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"x.go": source, "x_test.go": "package x\n\nfunc Test() {}\n", "x.txt": "no Go"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	missing, err := check(folder)
	var names []string
	for _, place := range missing {
		names = append(names, place[strings.LastIndexByte(place, ' ')+1:])
	}
	if err != nil || !reflect.DeepEqual(names, []string{"D", "E", "H", "I", "M"}) {
		t.Error(missing, err)
	}
}
