package message

import (
	"errors"
	"strconv"
	"strings"

	"plugbay.dev/guest/internal/cbor"
)

// ErrMissing is in the error of a getter whose path leads nowhere; find it with errors.Is.
var ErrMissing = errors.New("missing")

// A FieldError says which field of a message is not what it should be.
type FieldError struct {
	// Field is the field, such as "data.card.pan" or "path[3].g".
	Field string
	// Expected is what belongs there.
	Expected string
	// Found is what is there.
	Found string

	missing bool
}

// Error is one sentence: the field, what belongs there and what is there.
func (e *FieldError) Error() string {
	return e.Field + ": expected " + e.Expected + ", found " + e.Found
}

// Is tells whether the error is ErrMissing.
func (e *FieldError) Is(target error) bool {
	return target == ErrMissing && e.missing
}

// A LimitError says that a message is larger than the bus takes.
type LimitError struct {
	// Limited is what is too large.
	Limited string
	// Most and Found are the limit and what there is.
	Most, Found int
}

// Error is one sentence.
func (e *LimitError) Error() string {
	return e.Limited + ": " + strconv.Itoa(e.Found) + ", more than " + strconv.Itoa(e.Most)
}

// A MalformedError says that bytes are no CBOR as messages use it.
type MalformedError struct {
	// Reason is what is wrong, and where.
	Reason string
}

// Error is one sentence.
func (e *MalformedError) Error() string {
	return "the message is not valid CBOR: " + e.Reason
}

func refuse(field, expected string, found any) error {
	return &FieldError{Field: shorten(field), Expected: expected, Found: describe(found)}
}

// shorten cuts a field's name, which a sender may have made as long as a message, so that an error stays readable.
func shorten(field string) string {
	const most = 120
	if len(field) <= most {
		return field
	}
	return strings.ToValidUTF8(field[:most], "") + "…"
}

// describe names a value: its kind, and itself where that is short and helps.
func describe(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean " + strconv.FormatBool(v)
	case int64:
		return "integer " + strconv.FormatInt(v, 10)
	case uint64:
		return "integer " + strconv.FormatUint(v, 10)
	case float64:
		return "float " + strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return "text"
	case []byte:
		return strconv.Itoa(len(v)) + " bytes"
	case []any:
		return "array"
	case map[string]any:
		return "map"
	}
	return "a value of another Go type"
}

// reasonOf is the text of an error of the codec, with the path from the message on.
func reasonOf(err error) string {
	if inner, ok := err.(*cbor.Error); ok && inner.Path != "" {
		return shorten(strings.TrimPrefix(inner.Path, ".")) + ": " + inner.Reason
	}
	return err.Error()
}

// Mismatch is the error for a field that holds something else than it should.
func Mismatch(field, expected string, found any) error {
	return refuse(field, expected, found)
}

// Missing is the error for a field that is not there. It is ErrMissing.
func Missing(field, expected string) error {
	return &FieldError{Field: shorten(field), Expected: expected, Found: "nothing", missing: true}
}
