// Package cbor reads and writes the part of CBOR (RFC 8949) that a fluxMsg is made of, into plain Go values.
//
//	null     nil
//	boolean  bool
//	integer  int64, and uint64 above its range
//	float    float64
//	text     string
//	bytes    []byte
//	array    []any
//	map      map[string]any
//
// It is small, uses no reflection, and so builds with TinyGo and adds little to a module. Its tests hold it to
// fxamacker/cbor in both directions.
package cbor

// MaxDepth is how many arrays and maps may stand inside each other.
const MaxDepth = 32

// MaxValues is how many values are read from one piece of CBOR: a byte may stand for a value that takes dozens of bytes
// of memory, of which a guest has little.
const MaxValues = 1 << 18

const (
	majorUnsigned = iota
	majorNegative
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorOther
)

const (
	simpleFalse = 20
	simpleTrue  = 21
	simpleNull  = 22
	floatHalf   = 25
	floatSingle = 26
	floatDouble = 27
	indefinite  = 31

	breakByte = majorOther<<5 | indefinite
)

// An Error says what is wrong with bytes, or with a value that is to become bytes.
type Error struct {
	// Reason is a few words for people.
	Reason string
	// Path leads to the value from the root, such as ".cards[2].pan". It is empty for the root.
	Path string
}

// Error is the path and the reason.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Reason
	}
	return e.Path + ": " + e.Reason
}

// under puts a step before the path of an error.
func under(step string, err error) error {
	if inner, ok := err.(*Error); ok {
		return &Error{inner.Reason, step + inner.Path}
	}
	return err
}

func refuse(reason string) error {
	return &Error{Reason: reason}
}
