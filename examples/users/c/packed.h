// The calling convention `packed` for freestanding C: `(ptr, len) -> u64`, with `alloc` and `free` for the host.
//
// The result has the pointer in its high and the length in its low 32 bits; 0 is an empty output. With bit 63 set the
// function failed and the bytes are a message for people. The host frees the input as well as the result.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name))) name
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name))) name

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

typedef struct {
    const u8 *at;
    u32 length;
} Bytes;

typedef u64 Answer;

#define FAILED (1ull << 63)
#define TEXT(literal) ((Bytes){(const u8 *)(literal), sizeof(literal) - 1})

// Memory for bytes; null when there is none left.
u8 *alloc(u32 length);
void free(u8 *at, u32 length);

// `answer` hands memory from `alloc` over to the host; `answer_copy` copies bytes that stay.
Answer answer(u8 *at, u32 length);
Answer answer_copy(Bytes bytes);
