package message

import "errors"

// ID names a message, a gear or a port: the 16 bytes of a UUID. The zero ID stands for none.
type ID [16]byte

// IsZero tells whether the ID stands for none.
func (id ID) IsZero() bool {
	return id == ID{}
}

// String is the usual text of a UUID: 8-4-4-4-12 hex digits in lower case.
func (id ID) String() string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 36)
	for i, b := range id {
		if dashBefore(i) {
			text = append(text, '-')
		}
		text = append(text, digits[b>>4], digits[b&15])
	}
	return string(text)
}

// ParseID reads the text of a UUID, hex digits of either case. Any other text is an error.
func ParseID(text string) (ID, error) {
	if len(text) != 36 {
		return ID{}, errNoID
	}
	var id ID
	for i := range id {
		if dashBefore(i) {
			if text[0] != '-' {
				return ID{}, errNoID
			}
			text = text[1:]
		}
		high, highIsDigit := digit(text[0])
		low, lowIsDigit := digit(text[1])
		if !highIsDigit || !lowIsDigit {
			return ID{}, errNoID
		}
		id[i] = high<<4 | low
		text = text[2:]
	}
	return id, nil
}

var errNoID = errors.New("an id is 8-4-4-4-12 hex digits")

func dashBefore(i int) bool {
	return i == 4 || i == 6 || i == 8 || i == 10
}

// digit is the value of a hex digit. (encoding/hex has this too, and brings package fmt with it.)
func digit(letter byte) (byte, bool) {
	switch {
	case '0' <= letter && letter <= '9':
		return letter - '0', true
	case 'a' <= letter|0x20 && letter|0x20 <= 'f':
		return (letter | 0x20) - 'a' + 10, true
	}
	return 0, false
}
