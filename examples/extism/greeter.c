// An Extism plugin that the documentation uses: config, a variable, log lines, an error, HTTP.
#include "extism.h"

// Greets whoever the input names: {"greeting": "Hello, Ada!", "guest": 1}. The config's `greeting` says how; the
// variable `guests` counts them.
EXPORT(greet) int greet(void) {
    if (input_length() == 0) {
        error_set(TEXT("there is nobody to greet"));
        return 1;
    }
    handle greeting = config_get(TEXT("greeting")), kept = var_get(TEXT("guests"));
    u64 guests = (kept ? number_in(kept) : 0) + 1;
    var_set(TEXT("guests"), decimal(guests));
    log_info(join(TEXT("greeted guest "), decimal(guests)));
    handle text = join(TEXT("{\"greeting\":\""), greeting ? greeting : TEXT("Hello"));
    text = join(join(text, join(TEXT(", "), input())), TEXT("!\",\"guest\":"));
    return answer(join(text, join(decimal(guests), TEXT("}"))));
}

// The body of the page at the URL in the input; fails with the code of a status other than 200.
EXPORT(fetch) int fetch(void) {
    handle body = http_request(join(join(TEXT("{\"url\":\""), input()), TEXT("\"}")), 0);
    return http_status_code() == 200 ? answer(body) : http_status_code();
}
