package main

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

const (
	roleThrow     = "__wbindgen_throw"
	roleNoObjects = "__wbindgen_init_externref_table"

	mostText      = 65536
	mostShownText = 500
)

// body is a host function; arguments and result are unsigned, an f64 is its bits.
type body func(s *surroundings, a []uint64) uint64

// hostFunction has its type as letters, parameters before the colon: i is an i32, l an i64, d an f64.
type hostFunction struct {
	signature string
	body      body
}

// envFunctions are those of the module env; which of them a module may import was judged before it got here.
func envFunctions() map[string]hostFunction {
	return map[string]hostFunction{
		"log": {"iii:", func(s *surroundings, a []uint64) uint64 {
			level := uint32(a[0])
			s.note("log", &level, uint32(a[1]), uint32(a[2]))
			return 0
		}},
		"flux_log_info": {"ii:", tell("flux_log_info", true)},
		"emit":          {"ii:", tell("emit", false)},
		"flux_emit":     {"ii:", tell("flux_emit", false)},
		"reject":        {"ii:", tell("reject", false)},
		"flux_kv_get":   {"ii:l", getState},
		"flux_kv_put":   {"iiii:i", putState},
		"flux_req_http": {"iiii:l", requestHTTP},
		"now": {":l", func(s *surroundings, _ []uint64) uint64 {
			s.journal.note("now", nil)
			return uint64(s.setting.Clock)
		}},
		"random": {"ii:", func(s *surroundings, a []uint64) uint64 {
			s.fillRandomly("random", uint32(a[0]), uint32(a[1]))
			s.journal.note("random", nil)
			return 0
		}},
		"seed":  {":d", seed},
		"abort": {"iiii:", abort},
	}
}

// glueFunctions are what wasm-bindgen's own code imports, by role.
func glueFunctions() map[string]hostFunction {
	return map[string]hostFunction{
		roleThrow: {"ii:", func(s *surroundings, a []uint64) uint64 {
			text := s.read(roleThrow, uint32(a[0]), uint32(a[1]))
			s.journal.note(roleThrow, nil, text)
			panic(&stopped{kindTrap, "it threw: " + shown(text)})
		}},
		roleNoObjects: {":", func(*surroundings, []uint64) uint64 { return 0 }},
	}
}

func tell(name string, info bool) body {
	return func(s *surroundings, a []uint64) uint64 {
		var level *uint32
		if info {
			two := uint32(2)
			level = &two
		}
		s.note(name, level, uint32(a[0]), uint32(a[1]))
		return 0
	}
}

func getState(s *surroundings, a []uint64) uint64 {
	key := s.read("flux_kv_get", uint32(a[0]), uint32(a[1]))
	s.journal.note("flux_kv_get", nil, key)
	value, found := s.state.get(key)
	if !found || !s.setting.GrantsState {
		return 0
	}
	return s.handOver("flux_kv_get", value)
}

func putState(s *surroundings, a []uint64) uint64 {
	key := s.read("flux_kv_put", uint32(a[0]), uint32(a[1]))
	value := s.read("flux_kv_put", uint32(a[2]), uint32(a[3]))
	s.journal.note("flux_kv_put", nil, key, value)
	if s.setting.GrantsState && s.state.put(key, value) {
		return 0
	}
	return 1
}

func requestHTTP(s *surroundings, a []uint64) uint64 {
	url := s.read("flux_req_http", uint32(a[0]), uint32(a[1]))
	s.note("flux_req_http", nil, uint32(a[0]), uint32(a[1]), uint32(a[2]), uint32(a[3]))
	answer, found := s.setting.Answers[string(url)]
	if !found {
		return 0
	}
	return s.handOver("flux_req_http", answer)
}

// seed gives the bits of a number from 1 to 2, of which AssemblyScript uses the lower ones.
func seed(s *surroundings, _ []uint64) uint64 {
	s.journal.note("seed", nil)
	var drawn [8]byte
	_, _ = s.random.Read(drawn[:])
	return 0x3ff0000000000000 | binary.LittleEndian.Uint64(drawn[:])>>12
}

func abort(s *surroundings, a []uint64) uint64 {
	message, file := text(s, uint32(a[0])), text(s, uint32(a[1]))
	s.journal.note("abort", nil, message, file)
	place := ""
	if len(file) > 0 {
		place = fmt.Sprintf(" at %s:%d:%d", shown(file), a[2], a[3])
	}
	panic(&stopped{kindTrap, "it aborted: " + shown(message) + place})
}

// text is a String of AssemblyScript's as UTF-8; nothing for null, and for a pointer to none.
func text(s *surroundings, at uint32) []byte {
	if at < 4 || !s.has(at-4, 4) {
		return []byte{}
	}
	size := binary.LittleEndian.Uint32(s.view(at-4, 4))
	if !s.has(at, uint64(size)) {
		return []byte{}
	}
	raw := s.view(at, min(size, mostText)&^1)
	units := make([]uint16, len(raw)/2)
	for index := range units {
		units[index] = binary.LittleEndian.Uint16(raw[2*index:])
	}
	return []byte(string(utf16.Decode(units)))
}

func shown(text []byte) string {
	return strings.ToValidUTF8(string(text[:min(len(text), mostShownText)]), "\uFFFD")
}
