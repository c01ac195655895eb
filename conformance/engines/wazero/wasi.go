package main

import "encoding/binary"

// Errnos of WASI preview 1.
const (
	errnoSuccess    = 0
	errnoBadf       = 8
	errnoFault      = 21
	errnoInval      = 28
	errnoNosys      = 52
	errnoNotdir     = 54
	errnoNotsock    = 57
	errnoSpipe      = 70
	errnoNotcapable = 76
)

const (
	wasiModule = "wasi_snapshot_preview1"

	clockRealtime  = 0
	clockMonotonic = 1
	// checkedEvery is how many items of a guest's list lie between two looks at the clock.
	checkedEvery = 4096
	mostTime     = 1<<63 - 1
)

// wasiFunctions are WASI preview 1 with nothing behind it: three open streams, a clock that stands still, randomness, and
// no files. The Python side's wasi_imports.py says the same, and a test compares the two call by call.
func wasiFunctions() map[string]hostFunction {
	return map[string]hostFunction{
		"args_get":                {"ii:i", always(errnoSuccess)},
		"args_sizes_get":          {"ii:i", noEntries},
		"environ_get":             {"ii:i", always(errnoSuccess)},
		"environ_sizes_get":       {"ii:i", noEntries},
		"clock_res_get":           {"ii:i", clockResolution},
		"clock_time_get":          {"ili:i", clockTime},
		"fd_advise":               {"illi:i", streamAnswers(0, errnoSpipe)},
		"fd_allocate":             {"ill:i", streamAnswers(0, errnoSpipe)},
		"fd_close":                {"i:i", fdClose},
		"fd_datasync":             {"i:i", streamAnswers(0, errnoSuccess)},
		"fd_fdstat_get":           {"ii:i", fdStat},
		"fd_fdstat_set_flags":     {"ii:i", streamAnswers(0, errnoNotcapable)},
		"fd_fdstat_set_rights":    {"ill:i", streamAnswers(0, errnoNotcapable)},
		"fd_filestat_get":         {"ii:i", fdFilestat},
		"fd_filestat_set_size":    {"il:i", streamAnswers(0, errnoNotcapable)},
		"fd_filestat_set_times":   {"illi:i", streamAnswers(0, errnoNotcapable)},
		"fd_pread":                {"iiili:i", streamAnswers(0, errnoSpipe)},
		"fd_prestat_get":          {"ii:i", always(errnoBadf)},
		"fd_prestat_dir_name":     {"iii:i", always(errnoBadf)},
		"fd_pwrite":               {"iiili:i", streamAnswers(0, errnoSpipe)},
		"fd_read":                 {"iiii:i", fdRead},
		"fd_readdir":              {"iiili:i", streamAnswers(0, errnoNotdir)},
		"fd_renumber":             {"ii:i", fdRenumber},
		"fd_seek":                 {"ilii:i", streamAnswers(0, errnoSpipe)},
		"fd_sync":                 {"i:i", streamAnswers(0, errnoSuccess)},
		"fd_tell":                 {"ii:i", streamAnswers(0, errnoSpipe)},
		"fd_write":                {"iiii:i", fdWrite},
		"path_create_directory":   {"iii:i", streamAnswers(0, errnoNotdir)},
		"path_filestat_get":       {"iiiii:i", streamAnswers(0, errnoNotdir)},
		"path_filestat_set_times": {"iiiilli:i", streamAnswers(0, errnoNotdir)},
		"path_link":               {"iiiiiii:i", streamAnswers(0, errnoNotdir)},
		"path_open":               {"iiiiillii:i", streamAnswers(0, errnoNotdir)},
		"path_readlink":           {"iiiiii:i", streamAnswers(0, errnoNotdir)},
		"path_remove_directory":   {"iii:i", streamAnswers(0, errnoNotdir)},
		"path_rename":             {"iiiiii:i", streamAnswers(0, errnoNotdir)},
		"path_symlink":            {"iiiii:i", streamAnswers(2, errnoNotdir)},
		"path_unlink_file":        {"iii:i", streamAnswers(0, errnoNotdir)},
		"poll_oneoff":             {"iiii:i", pollOneoff},
		"proc_exit":               {"i:", procExit},
		"proc_raise":              {"i:i", always(errnoNosys)},
		"random_get":              {"ii:i", randomGet},
		"sched_yield":             {":i", always(errnoSuccess)},
		"sock_accept":             {"iii:i", streamAnswers(0, errnoNotsock)},
		"sock_recv":               {"iiiiii:i", streamAnswers(0, errnoNotsock)},
		"sock_send":               {"iiiii:i", streamAnswers(0, errnoNotsock)},
		"sock_shutdown":           {"ii:i", streamAnswers(0, errnoNotsock)},
	}
}

func always(errno uint64) body {
	return func(*surroundings, []uint64) uint64 { return errno }
}

// streamAnswers is a function that a stream has no part in: errno when the stream in that argument is open.
func streamAnswers(place int, errno uint64) body {
	return func(s *surroundings, a []uint64) uint64 {
		if !s.isOpen(a[place]) {
			return errnoBadf
		}
		return errno
	}
}

func (s *surroundings) isOpen(fd uint64) bool { return fd < uint64(len(s.streams)) && s.streams[fd] }

func (s *surroundings) store32(at uint32, value uint32) {
	binary.LittleEndian.PutUint32(s.view(at, 4), value)
}

func (s *surroundings) store64(at uint32, values ...uint64) {
	view := s.view(at, uint32(8*len(values)))
	for index, value := range values {
		binary.LittleEndian.PutUint64(view[8*index:], value)
	}
}

func noEntries(s *surroundings, a []uint64) uint64 {
	count, size := uint32(a[0]), uint32(a[1])
	if !s.has(count, 4) || !s.has(size, 4) {
		return errnoFault
	}
	s.store32(count, 0)
	s.store32(size, 0)
	return errnoSuccess
}

func (s *surroundings) time(clock uint64) uint64 {
	if clock == clockMonotonic {
		return uint64(s.setting.Clock) + s.slept
	}
	return uint64(s.setting.Clock)
}

func clockResolution(s *surroundings, a []uint64) uint64 {
	return s.tellClock(a[0], uint32(a[1]), 1000)
}

func clockTime(s *surroundings, a []uint64) uint64 {
	return s.tellClock(a[0], uint32(a[2]), s.time(a[0]))
}

func (s *surroundings) tellClock(clock uint64, out uint32, value uint64) uint64 {
	if clock > clockMonotonic {
		return errnoInval
	}
	if !s.has(out, 8) {
		return errnoFault
	}
	s.store64(out, value)
	return errnoSuccess
}

func randomGet(s *surroundings, a []uint64) uint64 {
	if !s.has(uint32(a[0]), a[1]) {
		return errnoFault
	}
	s.fillRandomly("random_get", uint32(a[0]), uint32(a[1]))
	return errnoSuccess
}

func fdClose(s *surroundings, a []uint64) uint64 {
	if !s.isOpen(a[0]) {
		return errnoBadf
	}
	s.streams[a[0]] = false
	return errnoSuccess
}

// fdStat tells of a character device that can be read, or written, and polled.
func fdStat(s *surroundings, a []uint64) uint64 {
	if !s.isOpen(a[0]) {
		return errnoBadf
	}
	if !s.has(uint32(a[1]), 24) {
		return errnoFault
	}
	rights := uint64(0x8200040)
	if a[0] == 0 {
		rights = 0x8200002
	}
	s.store64(uint32(a[1]), 2, rights, 0)
	return errnoSuccess
}

func fdFilestat(s *surroundings, a []uint64) uint64 {
	if !s.isOpen(a[0]) {
		return errnoBadf
	}
	if !s.has(uint32(a[1]), 64) {
		return errnoFault
	}
	s.store64(uint32(a[1]), 0, 0, 2, 1, 0, 0, 0, 0)
	return errnoSuccess
}

// fdRead finds standard input at its end.
func fdRead(s *surroundings, a []uint64) uint64 {
	if a[0] != 0 || !s.isOpen(a[0]) {
		return errnoBadf
	}
	if !s.has(uint32(a[1]), a[2]*8) || !s.has(uint32(a[3]), 4) {
		return errnoFault
	}
	s.store32(uint32(a[3]), 0)
	return errnoSuccess
}

// fdWrite checks all pieces before it takes any: a write happens whole or not at all.
func fdWrite(s *surroundings, a []uint64) uint64 {
	if a[0] == 0 || !s.isOpen(a[0]) {
		return errnoBadf
	}
	if !s.has(uint32(a[1]), a[2]*8) || !s.has(uint32(a[3]), 4) {
		return errnoFault
	}
	listed := append([]byte{}, s.view(uint32(a[1]), uint32(a[2]*8))...)
	total := uint64(0)
	for index := 0; index < len(listed); index += 8 {
		if index/8%checkedEvery == 0 {
			s.checkTime()
		}
		size := uint64(binary.LittleEndian.Uint32(listed[index+4:]))
		if !s.has(binary.LittleEndian.Uint32(listed[index:]), size) {
			return errnoFault
		}
		total += size
	}
	if total >= 1<<32 {
		return errnoInval
	}
	level := stdoutLevel
	if a[0] == 2 {
		level = stderrLevel
	}
	for index := 0; index < len(listed); index += 8 {
		if index/8%checkedEvery == 0 {
			s.checkTime()
		}
		at, size := binary.LittleEndian.Uint32(listed[index:]), binary.LittleEndian.Uint32(listed[index+4:])
		s.journal.print(level, s.view(at, size))
	}
	s.store32(uint32(a[3]), uint32(total))
	return errnoSuccess
}

func fdRenumber(s *surroundings, a []uint64) uint64 {
	if !s.isOpen(a[0]) || !s.isOpen(a[1]) {
		return errnoBadf
	}
	return errnoNotcapable
}

func procExit(_ *surroundings, a []uint64) uint64 {
	panic(exit(uint32(a[0])))
}
