;; No attack at all: drops the message. It stands beside the others and must not suffer from them.
(func $attack (result i64) (i64.const 0))
