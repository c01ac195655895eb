// What a function may ask its host for, in the calling convention `packed`: a log line, the time, randomness.
#include "packed.h"

void IMPORT(log)(u32 level, const u8 *at, u32 length);
u64 IMPORT(now)(void);
void IMPORT(random)(u8 *at, u32 length);

enum { INFO = 2 };

// Logs the input and returns nothing.
Answer EXPORT(log_line)(const u8 *at, u32 length) {
    log(INFO, at, length);
    return 0;
}

// The time as eight little-endian bytes, nanoseconds since 1970.
Answer EXPORT(clock)(const u8 *at, u32 length) {
    (void)at, (void)length;
    u64 time = now();
    return answer_copy((Bytes){(const u8 *)&time, sizeof time});
}

// Sixteen random bytes.
Answer EXPORT(token)(const u8 *at, u32 length) {
    (void)at, (void)length;
    u8 bytes[16];
    random(bytes, sizeof bytes);
    return answer_copy((Bytes){bytes, sizeof bytes});
}
