# Lays the files of /docs where the build puts them into the binary. What ops/docs-page has not fetched becomes an empty
# file: the server then says how to fetch it. FROM: build/docs. TO: the folder to fill.
foreach(name swagger-ui.css swagger-ui-bundle.js LICENSE NOTICE)
  if(EXISTS ${FROM}/${name})
    file(COPY_FILE ${FROM}/${name} ${TO}/${name} ONLY_IF_DIFFERENT)
  elseif(NOT EXISTS ${TO}/${name})
    file(WRITE ${TO}/${name} "")
  endif()
endforeach()
