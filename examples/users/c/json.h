// Reads JSON (RFC 8259) without building a tree. A function that returns a bool is false when the input is not valid;
// the reader is of no use then.
#pragma once
#include "packed.h"

typedef struct {
    const u8 *at, *end;
    u8 *nesting; // one bit for each open container of a value that is skipped: is it an object?
} Reader;

// A character of a string, or one of these.
enum { QUOTE = -1, INVALID = -2 };

void space(Reader *reader);

// Whether the next byte is this one, which is then read.
_Bool take(Reader *reader, u8 byte);

// The next character of a string whose first quote was read; QUOTE at its end.
int32_t character(Reader *reader);

// A whole string, quotes included: `text` is what stands between them, escapes and all.
_Bool string(Reader *reader, Bytes *text);

// Any value at all. Texts in it need not be UTF-8.
_Bool skip_value(Reader *reader);

// Whether a string that was read says this word.
_Bool says(Bytes text, Bytes word);

// Writes a string that was read, with no more escapes than JSON asks for, and returns where it ends. It never gets
// longer by that.
u8 *write_string(u8 *out, Bytes text);
