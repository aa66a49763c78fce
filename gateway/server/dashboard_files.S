/* The files of the dashboard as ops/scripts/pack_dashboard.py packs them. .incbin finds the package in the folder that
   the build names. */
    .section .rodata
    .global hub_dashboard_begin
    .global hub_dashboard_end
hub_dashboard_begin:
    .incbin "dashboard.pack"
hub_dashboard_end:
    .byte 0
    .section .note.GNU-stack,"",@progbits
