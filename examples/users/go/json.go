package main

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

var errInvalid = errors.New("invalid JSON")

// A reader reads JSON (RFC 8259) from the left, without building a tree. encoding/json is no help here: it takes texts
// that are no UTF-8, fields in other cases and fields that are not there.
type reader struct {
	left []byte
}

func (r *reader) space() {
	r.left = bytes.TrimLeft(r.left, " \n\r\t")
}

// take tells whether the next byte is this one, which is then read.
func (r *reader) take(next byte) bool {
	if len(r.left) == 0 || r.left[0] != next {
		return false
	}
	r.left = r.left[1:]
	return true
}

func (r *reader) need(next byte) error {
	if !r.take(next) {
		return errInvalid
	}
	return nil
}

// punctuation needs a byte with space around it.
func (r *reader) punctuation(next byte) error {
	r.space()
	err := r.need(next)
	r.space()
	return err
}

func (r *reader) next() (byte, error) {
	if len(r.left) == 0 {
		return 0, errInvalid
	}
	first := r.left[0]
	r.left = r.left[1:]
	return first, nil
}

// text reads a string, which has to be UTF-8.
func (r *reader) text() (string, error) {
	if err := r.need('"'); err != nil {
		return "", err
	}
	var text []byte
	for {
		first, err := r.next()
		switch {
		case err != nil || first < ' ':
			return "", errInvalid
		case first == '"':
			if !utf8.Valid(text) {
				return "", errInvalid
			}
			return string(text), nil
		case first == '\\':
			character, err := r.escaped()
			if err != nil {
				return "", err
			}
			text = utf8.AppendRune(text, character)
		default:
			text = append(text, first)
		}
	}
}

// escaped reads what a backslash begins; characters beyond the first 65536 are two escapes.
func (r *reader) escaped() (rune, error) {
	letter, err := r.next()
	if err != nil {
		return 0, err
	}
	switch letter {
	case '"', '\\', '/':
		return rune(letter), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return r.code()
	}
	return 0, errInvalid
}

func (r *reader) code() (rune, error) {
	first, err := r.fourDigits()
	if err != nil || !utf16.IsSurrogate(first) {
		return first, err
	}
	if !r.take('\\') || !r.take('u') {
		return 0, errInvalid
	}
	second, err := r.fourDigits()
	character := utf16.DecodeRune(first, second)
	if err != nil || character == utf8.RuneError {
		return 0, errInvalid
	}
	return character, nil
}

func (r *reader) fourDigits() (rune, error) {
	var value rune
	for range 4 {
		digit, err := r.next()
		if err != nil {
			return 0, err
		}
		switch {
		case '0' <= digit && digit <= '9':
			value = value<<4 | rune(digit-'0')
		case 'a' <= digit|0x20 && digit|0x20 <= 'f':
			value = value<<4 | rune(digit|0x20-'a'+10)
		default:
			return 0, errInvalid
		}
	}
	return value, nil
}

// skip reads any value at all. Texts in it need not be UTF-8. It keeps what closes each open container instead of
// calling itself, so nothing is nested too deeply.
func (r *reader) skip() error {
	var closing []byte
	for {
		r.space()
		empty := true
		if r.take('{') {
			closing = append(closing, '}')
		} else if r.take('[') {
			closing = append(closing, ']')
		} else if err := r.scalar(); err != nil {
			return err
		} else {
			empty = false
		}
		for r.space(); len(closing) > 0 && r.take(closing[len(closing)-1]); r.space() {
			closing, empty = closing[:len(closing)-1], false
		}
		if len(closing) == 0 {
			return nil
		}
		if !empty && !r.take(',') {
			return errInvalid
		}
		if closing[len(closing)-1] == '}' {
			r.space()
			if err := errors.Join(r.skipText(), r.punctuation(':')); err != nil {
				return errInvalid
			}
		}
	}
}

func (r *reader) scalar() error {
	for _, word := range []string{"true", "false", "null"} {
		if rest, found := bytes.CutPrefix(r.left, []byte(word)); found {
			r.left = rest
			return nil
		}
	}
	if len(r.left) > 0 && r.left[0] == '"' {
		return r.skipText()
	}
	return r.number()
}

func (r *reader) skipText() error {
	if err := r.need('"'); err != nil {
		return err
	}
	for {
		first, err := r.next()
		switch {
		case err != nil || first < ' ':
			return errInvalid
		case first == '"':
			return nil
		case first == '\\' && r.take('u'):
			_, err = r.fourDigits()
		case first == '\\':
			_, err = r.escaped()
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) number() error {
	r.take('-')
	if !r.take('0') && !r.digits() {
		return errInvalid
	}
	if r.take('.') && !r.digits() {
		return errInvalid
	}
	if !r.take('e') && !r.take('E') {
		return nil
	}
	if !r.take('+') {
		r.take('-')
	}
	if !r.digits() {
		return errInvalid
	}
	return nil
}

func (r *reader) digits() bool {
	rest := bytes.TrimLeft(r.left, "0123456789")
	found := len(rest) < len(r.left)
	r.left = rest
	return found
}

// appendText appends a string as JSON, with no more escapes than JSON asks for.
func appendText(out []byte, text string) []byte {
	out = append(out, '"')
	for i := range len(text) {
		switch letter := text[i]; letter {
		case '"', '\\':
			out = append(out, '\\', letter)
		case '\b':
			out = append(out, `\b`...)
		case '\f':
			out = append(out, `\f`...)
		case '\n':
			out = append(out, `\n`...)
		case '\r':
			out = append(out, `\r`...)
		case '\t':
			out = append(out, `\t`...)
		default:
			if letter < ' ' {
				const digits = "0123456789abcdef"
				out = append(out, '\\', 'u', '0', '0', digits[letter>>4], digits[letter&15])
			} else {
				out = append(out, letter)
			}
		}
	}
	return append(out, '"')
}
