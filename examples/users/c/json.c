#include "json.h"

void space(Reader *reader) {
    while (take(reader, ' ') || take(reader, '\n') || take(reader, '\r') || take(reader, '\t')) {
    }
}

_Bool take(Reader *reader, u8 byte) {
    if (reader->at == reader->end || *reader->at != byte) return 0;
    reader->at++;
    return 1;
}

// The value of four hexadecimal digits.
static int32_t four_digits(Reader *reader) {
    int32_t value = 0;
    if (reader->end - reader->at < 4) return INVALID;
    for (int i = 0; i < 4; i++) {
        u8 digit = *reader->at++, letter = digit | 0x20;
        if (digit >= '0' && digit <= '9') value = value << 4 | (digit - '0');
        else if (letter >= 'a' && letter <= 'f') value = value << 4 | (letter - 'a' + 10);
        else return INVALID;
    }
    return value;
}

// What a backslash begins; characters beyond the first 65536 are two escapes.
static int32_t escaped(Reader *reader) {
    if (reader->at == reader->end) return INVALID;
    switch (*reader->at++) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': break;
    default: return INVALID;
    }
    int32_t first = four_digits(reader);
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first > 0xdbff || !take(reader, '\\') || !take(reader, 'u')) return INVALID;
    int32_t second = four_digits(reader);
    if (second < 0xdc00 || second > 0xdfff) return INVALID;
    return 0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00));
}

int32_t character(Reader *reader) {
    static const int32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (reader->at == reader->end) return INVALID;
    u8 byte = *reader->at++;
    if (byte == '"') return QUOTE;
    if (byte == '\\') return escaped(reader);
    if (byte < 0x20) return INVALID;
    if (byte < 0x80) return byte;
    if (byte < 0xc0 || byte > 0xf7) return INVALID;
    int more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    int32_t value = byte & (0x3f >> more);
    for (int i = 0; i < more; i++) {
        if (reader->at == reader->end || (*reader->at & 0xc0) != 0x80) return INVALID;
        value = value << 6 | (*reader->at++ & 0x3f);
    }
    _Bool surrogate = value >= 0xd800 && value <= 0xdfff;
    return value < least[more] || surrogate || value > 0x10ffff ? INVALID : value;
}

_Bool string(Reader *reader, Bytes *text) {
    if (!take(reader, '"')) return 0;
    text->at = reader->at;
    for (;;) {
        int32_t next = character(reader);
        if (next == INVALID) return 0;
        if (next == QUOTE) break;
    }
    text->length = (u32)(reader->at - 1 - text->at);
    return 1;
}

static _Bool skip_string(Reader *reader) {
    if (!take(reader, '"')) return 0;
    while (reader->at < reader->end) {
        u8 byte = *reader->at++;
        if (byte == '"') return 1;
        if (byte < 0x20) return 0;
        if (byte != '\\') continue;
        if (take(reader, 'u')) {
            if (four_digits(reader) == INVALID) return 0;
        } else if (escaped(reader) == INVALID) return 0;
    }
    return 0;
}

static _Bool digits(Reader *reader) {
    const u8 *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') reader->at++;
    return reader->at > start;
}

static _Bool skip_number(Reader *reader) {
    take(reader, '-');
    if (!take(reader, '0') && !digits(reader)) return 0;
    if (take(reader, '.') && !digits(reader)) return 0;
    if (!take(reader, 'e') && !take(reader, 'E')) return 1;
    if (!take(reader, '+')) take(reader, '-');
    return digits(reader);
}

static _Bool skip_word(Reader *reader, const char *word) {
    while (*word)
        if (!take(reader, (u8)*word++)) return 0;
    return 1;
}

static _Bool skip_scalar(Reader *reader) {
    if (reader->at == reader->end) return 0;
    switch (*reader->at) {
    case '"': return skip_string(reader);
    case 't': return skip_word(reader, "true");
    case 'f': return skip_word(reader, "false");
    case 'n': return skip_word(reader, "null");
    default: return skip_number(reader);
    }
}

static _Bool in_object(const Reader *reader, u32 depth) {
    return reader->nesting[depth / 8] >> depth % 8 & 1;
}

// Opens the container of a depth, if one begins here.
static _Bool open(Reader *reader, u32 depth) {
    _Bool object = take(reader, '{');
    if (!object && !take(reader, '[')) return 0;
    u8 bit = (u8)(1u << depth % 8), *byte = &reader->nesting[depth / 8];
    *byte = object ? *byte | bit : *byte & (u8)~bit;
    return 1;
}

// Closes the containers that end here and reads the comma after. The depth is that of the container that goes on.
static _Bool close(Reader *reader, u32 *depth, _Bool opened) {
    for (; *depth; opened = 0) {
        space(reader);
        if (!take(reader, in_object(reader, *depth) ? '}' : ']')) return opened || take(reader, ',');
        --*depth;
    }
    return 1;
}

// It keeps a bit for each open container instead of calling itself, so no input is nested too deeply.
_Bool skip_value(Reader *reader) {
    u32 depth = 0;
    do {
        if (depth && in_object(reader, depth)) {
            space(reader);
            if (!skip_string(reader)) return 0;
            space(reader);
            if (!take(reader, ':')) return 0;
        }
        space(reader);
        _Bool opened = open(reader, depth + 1);
        if (opened) depth++;
        else if (!skip_scalar(reader)) return 0;
        if (!close(reader, &depth, opened)) return 0;
    } while (depth);
    return 1;
}

_Bool says(Bytes text, Bytes word) {
    Reader reader = {.at = text.at, .end = text.at + text.length};
    for (u32 i = 0; i < word.length; i++)
        if (character(&reader) != word.at[i]) return 0;
    return reader.at == reader.end;
}

// Writes a character as UTF-8.
static u8 *write_character(u8 *out, int32_t value) {
    if (value < 0x80) {
        *out++ = (u8)value;
        return out;
    }
    int more = value >= 0x10000 ? 3 : value >= 0x800 ? 2 : 1;
    *out++ = (u8)(0xff00 >> (more + 1) | value >> 6 * more);
    while (more--) *out++ = (u8)(0x80 | (value >> 6 * more & 0x3f));
    return out;
}

static u8 *write_escape(u8 *out, int32_t value) {
    static const char letters[] = "btn\0fr", hex[] = "0123456789abcdef";
    *out++ = '\\';
    if (value >= 0x20) *out++ = (u8)value;
    else if (value >= '\b' && value <= '\r' && value != '\v') *out++ = (u8)letters[value - '\b'];
    else {
        __builtin_memcpy(out, "u00", 3);
        out[3] = (u8)hex[value >> 4];
        out[4] = (u8)hex[value & 15];
        out += 5;
    }
    return out;
}

u8 *write_string(u8 *out, Bytes text) {
    Reader reader = {.at = text.at, .end = text.at + text.length};
    *out++ = '"';
    while (reader.at < reader.end) {
        int32_t next = character(&reader);
        _Bool plain = next >= 0x20 && next != '"' && next != '\\';
        out = plain ? write_character(out, next) : write_escape(out, next);
    }
    *out++ = '"';
    return out;
}
