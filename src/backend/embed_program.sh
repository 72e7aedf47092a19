#!/bin/sh
# Writes a source that carries a program as bytes:
#   embed_program.sh STRIP PROGRAM BYTES SOURCE
# Line tables are left out, since the bytes are copied into memory; names of
# functions stay for profiles and stack traces.
set -e
"$1" --strip-debug -o "$3" "$2"
cat > "$4" <<EOF
__asm__(R"(
  .section .rodata
  .global serval_worker_program
  .global serval_worker_program_end
serval_worker_program:
  .incbin "$(realpath "$3")"
serval_worker_program_end:
  .byte 0
  .text
)");
EOF
