// What Extism's C PDK would give a plugin, as far as the plugins of this folder need it, and texts as handles.
#pragma once

typedef unsigned char u8;
typedef unsigned long long u64;
typedef u64 handle; // of a block in Extism's memory; 0 is none

#define IMPORT(module, name) __attribute__((import_module(module), import_name(#name)))
#define EXTISM(name) IMPORT("extism:host/env", name)
#define EXPORT(name) __attribute__((export_name(#name)))

EXTISM(input_length) u64 input_length(void);
EXTISM(input_load_u8) u8 input_load_u8(u64 offset);
EXTISM(alloc) handle alloc(u64 size);
EXTISM(length) u64 length(handle block);
EXTISM(load_u8) u8 load_u8(u64 at);
EXTISM(store_u8) void store_u8(u64 at, u8 value);
EXTISM(output_set) void output_set(handle block, u64 size);
EXTISM(error_set) void error_set(handle text);
EXTISM(config_get) handle config_get(handle key);
EXTISM(var_get) handle var_get(handle key);
EXTISM(var_set) void var_set(handle key, handle value);
EXTISM(log_info) void log_info(handle text);
EXTISM(http_request) handle http_request(handle request, handle body);
EXTISM(http_status_code) int http_status_code(void);

#define TEXT(literal) block((const u8 *)(literal), sizeof(literal) - 1)

static inline handle block(const u8 *bytes, u64 size) {
    handle made = alloc(size);
    for (u64 i = 0; i < size; i++) store_u8(made + i, bytes[i]);
    return made;
}

static inline handle input(void) {
    u64 size = input_length();
    handle made = alloc(size);
    for (u64 i = 0; i < size; i++) store_u8(made + i, input_load_u8(i));
    return made;
}

static inline handle join(handle first, handle second) {
    u64 before = first ? length(first) : 0, after = second ? length(second) : 0;
    handle made = alloc(before + after);
    for (u64 i = 0; i < before; i++) store_u8(made + i, load_u8(first + i));
    for (u64 i = 0; i < after; i++) store_u8(made + before + i, load_u8(second + i));
    return made;
}

static inline handle decimal(u64 number) {
    u8 digits[20]; // of the largest u64
    int first = sizeof digits;
    do {
        digits[--first] = (u8)('0' + number % 10);
        number /= 10;
    } while (number);
    return block(digits + first, sizeof digits - first);
}

static inline u64 number_in(handle text) {
    u64 number = 0;
    for (u64 i = 0; i < length(text); i++) number = number * 10 + (load_u8(text + i) - '0');
    return number;
}

static inline int answer(handle text) {
    output_set(text, text ? length(text) : 0);
    return 0;
}
