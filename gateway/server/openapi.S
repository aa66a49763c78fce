    .section .rodata
    .global hub_openapi_begin
    .global hub_openapi_end
hub_openapi_begin:
    .incbin HUB_OPENAPI_FILE
hub_openapi_end:
    .byte 0
    .section .note.GNU-stack,"",@progbits
