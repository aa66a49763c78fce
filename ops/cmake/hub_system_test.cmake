# Black-box tests in Python (the environment is made by ops/python) against the real binary.
set(HUB_PYTEST ${CMAKE_SOURCE_DIR}/build/python/bin/pytest -q -p no:cacheprovider --tb=short)
set(HUB_PYTEST_SECONDS 900)

# hub_system_test(<name> TIMEOUT <seconds> [SERIAL] FILES <file> …)
function(hub_system_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "FILES" ${ARGN})
  list(TRANSFORM ARG_FILES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  # pytest ends a single test that hangs and says where; ctest is the net below.
  add_test(NAME ${name} COMMAND ${HUB_PYTEST} --timeout=${HUB_PYTEST_SECONDS} ${ARG_FILES})
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "HUB_BINARY=${CMAKE_BINARY_DIR}/computehub;PYTHONDONTWRITEBYTECODE=1"
    TIMEOUT ${ARG_TIMEOUT} LABELS system)
  if(ARG_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
  endif()
endfunction()

