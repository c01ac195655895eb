#include "packed.h"

// Blocks lie end to end and none is given back alone. When none is in use any more, all of the memory is free again:
// enough where every call frees whatever it allocated.
enum { PAGE = 65536, ALIGNMENT = 8 };

extern u8 __heap_base;
static u32 top, blocks;

static u64 aligned(u64 address) {
    return (address + ALIGNMENT - 1) & ~(u64)(ALIGNMENT - 1);
}

u8 *EXPORT(alloc)(u32 length) {
    u64 start = blocks ? top : aligned((u32)&__heap_base);
    u64 end = aligned(start + (length ? length : 1)), memory = (u64)__builtin_wasm_memory_size(0) * PAGE;
    if (end > memory && __builtin_wasm_memory_grow(0, (size_t)((end - memory + PAGE - 1) / PAGE)) == SIZE_MAX) return NULL;
    top = (u32)end;
    blocks++;
    return (u8 *)(u32)start;
}

void EXPORT(free)(u8 *at, u32 length) {
    (void)length;
    if (at && blocks) blocks--;
}

Answer answer(u8 *at, u32 length) {
    if (length) return (u64)(u32)at << 32 | length;
    free(at, length);
    return 0;
}

Answer answer_copy(Bytes bytes) {
    u8 *copy = alloc(bytes.length);
    if (!copy) __builtin_trap();
    __builtin_memcpy(copy, bytes.at, bytes.length);
    return answer(copy, bytes.length);
}
