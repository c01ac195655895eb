// The PrioStack user service in C, in the calling convention `packed`.
#include "json.h"

typedef struct {
    Bytes email, name;
} Request;

// A member of the request: its value goes into the field of its name, which takes one text; others are skipped.
static _Bool read_member(Reader *reader, Request *request) {
    Bytes key;
    space(reader);
    if (!string(reader, &key)) return 0;
    space(reader);
    if (!take(reader, ':')) return 0;
    space(reader);
    Bytes *field = says(key, TEXT("email")) ? &request->email : says(key, TEXT("name")) ? &request->name : NULL;
    if (!field) return skip_value(reader);
    return !field->at && string(reader, field);
}

static _Bool read_object(Reader *reader, Request *request) {
    space(reader);
    if (take(reader, '}')) return 1;
    do {
        if (!read_member(reader, request)) return 0;
        space(reader);
    } while (take(reader, ','));
    return take(reader, '}');
}

static _Bool read_array(Reader *reader, Request *request) {
    space(reader);
    if (!string(reader, &request->email)) return 0;
    space(reader);
    if (!take(reader, ',')) return 0;
    space(reader);
    if (!string(reader, &request->name)) return 0;
    space(reader);
    return take(reader, ']');
}

// An object with both fields or, as in Rust, an array of them in order.
static _Bool read_request(Reader *reader, Request *request) {
    space(reader);
    _Bool read = take(reader, '[') ? read_array(reader, request) : take(reader, '{') && read_object(reader, request);
    space(reader);
    return read && request->email.at && request->name.at && reader->at == reader->end;
}

static u8 *write(u8 *out, Bytes text) {
    __builtin_memcpy(out, text.at, text.length);
    return out + text.length;
}

static Answer created(Request request) {
    Bytes id = TEXT("{\"id\":\"user_123\",\"email\":"), name = TEXT(",\"name\":"), end = TEXT("}");
    u32 most = request.email.length + request.name.length + id.length + name.length + end.length + 4;
    u8 *user = alloc(most);
    if (!user) __builtin_trap();
    u8 *out = write_string(write(user, id), request.email);
    out = write(write_string(write(out, name), request.name), end);
    return answer(user, (u32)(out - user));
}

// The user that the request asks for, or an object with the single key `error`.
Answer EXPORT(create_user)(const u8 *at, u32 length) {
    u32 bits = length / 8 + 1;
    Reader reader = {.at = at, .end = at + length, .nesting = alloc(bits)};
    if (!reader.nesting) __builtin_trap();
    Request request = {0};
    _Bool read = read_request(&reader, &request);
    free(reader.nesting, bits);
    if (!read) return answer_copy(TEXT("{\"error\": \"Invalid input\"}"));
    if (!request.email.length || !request.name.length)
        return answer_copy(TEXT("{\"error\": \"Email and name are required\"}"));
    return created(request);
}

Answer EXPORT(echo)(const u8 *at, u32 length) {
    return answer_copy((Bytes){at, length});
}

// Fails with the input as its message.
Answer EXPORT(fail)(const u8 *at, u32 length) {
    return answer_copy((Bytes){at, length}) | FAILED;
}
