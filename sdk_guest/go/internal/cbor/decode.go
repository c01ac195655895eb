package cbor

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// Decode returns the one value that the bytes hold.
//
// Integers of any width and strings, arrays and maps of indefinite length are read. An *Error tells what is refused:
// bytes that are cut short or left over, tags, simple values but false, true and null, integers beyond 64 bits, text
// that is no UTF-8, keys of maps that are no text or stand twice, more than MaxDepth containers in each other, and more
// than MaxValues values.
func Decode(data []byte) (any, error) {
	d := decoder{left: data}
	value, err := d.value(0)
	if err == nil && len(d.left) > 0 {
		err = refuse(strconv.Itoa(len(d.left)) + " bytes follow the value")
	}
	if err != nil {
		return nil, err
	}
	return value, nil
}

type decoder struct {
	left []byte
	// read counts the values so far.
	read int
}

// A head is the start of an item: its major type, the five bits beside it, and the number that they stand for.
type head struct {
	major, info byte
	number      uint64
}

var errShort = refuse("the bytes end early")

func (d *decoder) take(n uint64) ([]byte, error) {
	if n > uint64(len(d.left)) {
		return nil, errShort
	}
	taken := d.left[:n:n]
	d.left = d.left[n:]
	return taken, nil
}

func (d *decoder) head() (head, error) {
	first, err := d.take(1)
	if err != nil {
		return head{}, err
	}
	h := head{major: first[0] >> 5, info: first[0] & 0x1f}
	switch {
	case h.info < 24:
		h.number = uint64(h.info)
		return h, nil
	case h.info < 28:
		following, err := d.take(1 << (h.info - 24))
		for _, b := range following {
			h.number = h.number<<8 | uint64(b)
		}
		return h, err
	case h.info == indefinite && (h.major >= majorBytes && h.major <= majorMap || h.major == majorOther):
		return h, nil
	}
	return h, refuse("no item starts with byte " + strconv.Itoa(int(first[0])))
}

// value reads an item that stands in depth containers.
func (d *decoder) value(depth int) (any, error) {
	h, err := d.head()
	if err != nil {
		return nil, err
	}
	if d.read++; d.read > MaxValues {
		return nil, refuse("more than " + strconv.Itoa(MaxValues) + " values")
	}
	switch h.major {
	case majorUnsigned:
		if h.number > math.MaxInt64 {
			return h.number, nil
		}
		return int64(h.number), nil
	case majorNegative:
		if h.number > math.MaxInt64 {
			return nil, refuse("an integer below -2**63")
		}
		return -1 - int64(h.number), nil
	case majorBytes:
		return d.bytes(h)
	case majorText:
		return d.text(h)
	case majorArray:
		return d.array(h, depth+1)
	case majorMap:
		return d.fields(h, depth+1)
	case majorTag:
		return nil, refuse("tags are not allowed")
	}
	return other(h)
}

// other is the value of an item of major type 7.
func other(h head) (any, error) {
	switch h.info {
	case simpleFalse:
		return false, nil
	case simpleTrue:
		return true, nil
	case simpleNull:
		return nil, nil
	case floatHalf:
		return half(uint16(h.number)), nil
	case floatSingle:
		return float64(math.Float32frombits(uint32(h.number))), nil
	case floatDouble:
		return math.Float64frombits(h.number), nil
	case indefinite:
		return nil, refuse("a break stands where a value should")
	}
	return nil, refuse("simple value " + strconv.FormatUint(h.number, 10) + " is not allowed")
}

// half widens a float of 16 bits.
func half(bits uint16) float64 {
	exponent, fraction := int(bits>>10&0x1f), float64(bits&0x3ff)
	var size float64
	switch exponent {
	case 0:
		size = math.Ldexp(fraction, -24)
	case 31:
		size = math.Inf(1)
		if fraction != 0 {
			return math.Float64frombits(uint64(bits>>15)<<63 | 0x7ff<<52 | uint64(bits&0x3ff)<<42)
		}
	default:
		size = math.Ldexp(fraction+1024, exponent-25)
	}
	if bits>>15 == 1 {
		return -size
	}
	return size
}

// string reads the bytes of a byte or text string; accept judges each chunk by itself, as the RFC asks.
func (d *decoder) string(h head, accept func([]byte) error) ([]byte, error) {
	if h.info != indefinite {
		taken, err := d.take(h.number)
		if err != nil {
			return nil, err
		}
		return taken, accept(taken)
	}
	joined := []byte{}
	for {
		chunk, err := d.head()
		switch {
		case err != nil:
			return nil, err
		case chunk.major == majorOther && chunk.info == indefinite:
			return joined, nil
		case chunk.major != h.major || chunk.info == indefinite:
			return nil, refuse("a string has a chunk of another type")
		}
		taken, err := d.take(chunk.number)
		if err != nil {
			return nil, err
		}
		if err := accept(taken); err != nil {
			return nil, err
		}
		joined = append(joined, taken...)
	}
}

func (d *decoder) bytes(h head) ([]byte, error) {
	taken, err := d.string(h, func([]byte) error { return nil })
	if err != nil {
		return nil, err
	}
	return append(make([]byte, 0, len(taken)), taken...), nil
}

func (d *decoder) text(h head) (string, error) {
	taken, err := d.string(h, func(chunk []byte) error {
		if utf8.Valid(chunk) {
			return nil
		}
		return refuse("text is not valid UTF-8")
	})
	return string(taken), err
}

// room is how many entries to make room for: few, whatever the head promises.
func room(h head) int {
	if h.info == indefinite {
		return 0
	}
	return int(min(h.number, 64))
}

// ended tells whether a container has no more entries after count, and reads the break that says so.
func (d *decoder) ended(h head, count uint64) bool {
	if h.info != indefinite {
		return count == h.number
	}
	if len(d.left) > 0 && d.left[0] == breakByte {
		d.left = d.left[1:]
		return true
	}
	return false
}

func (d *decoder) array(h head, depth int) ([]any, error) {
	if depth > MaxDepth {
		return nil, errDeep
	}
	values := make([]any, 0, room(h))
	for !d.ended(h, uint64(len(values))) {
		value, err := d.value(depth)
		if err != nil {
			return nil, under("["+strconv.Itoa(len(values))+"]", err)
		}
		values = append(values, value)
	}
	return values, nil
}

func (d *decoder) fields(h head, depth int) (map[string]any, error) {
	if depth > MaxDepth {
		return nil, errDeep
	}
	fields := make(map[string]any, room(h))
	for count := uint64(0); !d.ended(h, count); count++ {
		start, err := d.head()
		if err != nil {
			return nil, err
		}
		if start.major != majorText {
			return nil, refuse("a key of a map is no text")
		}
		key, err := d.text(start)
		if err != nil {
			return nil, err
		}
		if _, twice := fields[key]; twice {
			return nil, under("."+key, refuse("the key stands twice"))
		}
		if fields[key], err = d.value(depth); err != nil {
			return nil, under("."+key, err)
		}
	}
	return fields, nil
}

var errDeep = refuse("nested more than " + strconv.Itoa(MaxDepth) + " deep")
