/* The files of /docs, each between two labels. .incbin finds them in the folders that the build names. */
.macro document name, file
    .global hub_docs_\name\()_begin
    .global hub_docs_\name\()_end
hub_docs_\name\()_begin:
    .incbin "\file"
hub_docs_\name\()_end:
    .byte 0
.endm
    .section .rodata
    document page, "index.html"
    document start, "start.js"
    document colours, "page.css"
    document style, "swagger-ui.css"
    document script, "swagger-ui-bundle.js"
    document license, "LICENSE"
    document notice, "NOTICE"
    .section .note.GNU-stack,"",@progbits
