package strictjson

import (
	"bytes"
	"encoding/json"
)

// A walker goes through JSON that is known to be valid, value by value.
type walker struct {
	left []byte
}

// peek is the first byte of the next value, or what closes the container.
func (w *walker) peek() byte {
	w.left = bytes.TrimLeft(w.left, " \t\r\n")
	return w.left[0]
}

// skip passes over the next value and returns it.
func (w *walker) skip() []byte {
	first := w.peek()
	length := 0
	switch first {
	case '"':
		length = textLength(w.left)
	case '{', '[':
		length = containerLength(w.left)
	default:
		length = bytes.IndexAny(w.left, ",]} \t\r\n")
		if length < 0 {
			length = len(w.left)
		}
	}
	skipped := w.left[:length]
	w.left = w.left[length:]
	return skipped
}

// text reads the next value, which is a text.
func (w *walker) text() string {
	quoted := w.skip()
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var text string
	_ = json.Unmarshal(quoted, &text) // it is valid
	return text
}

// next goes to the next entry of a container whose opening byte was taken, and is false at its end.
func (w *walker) next(closing byte) bool {
	switch w.peek() {
	case closing:
		w.left = w.left[1:]
		return false
	case ',':
		w.left = w.left[1:]
	}
	return true
}

// key reads the key of a member.
func (w *walker) key() string {
	key := w.text()
	w.peek()
	w.left = w.left[1:] // the colon
	return key
}

// open takes the byte that opens a container.
func (w *walker) open() {
	w.peek()
	w.left = w.left[1:]
}

func textLength(data []byte) int {
	for i := 1; ; i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

func containerLength(data []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch data[i] {
		case '"':
			i += textLength(data[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}
