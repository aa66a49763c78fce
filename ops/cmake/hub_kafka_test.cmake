# Tests against a real broker: one for all of them, started before the first and ended behind the last.
set(HUB_KAFKA_FOLDER ${CMAKE_BINARY_DIR}/kafka)
set(HUB_KAFKA_SECONDS 900)

add_test(NAME kafka_start COMMAND ${CMAKE_SOURCE_DIR}/ops/kafka/start --fresh --folder ${HUB_KAFKA_FOLDER})
add_test(NAME kafka_stop COMMAND ${CMAKE_SOURCE_DIR}/ops/kafka/stop --now --remove --folder ${HUB_KAFKA_FOLDER})
set_tests_properties(kafka_start PROPERTIES FIXTURES_SETUP kafka TIMEOUT ${HUB_KAFKA_SECONDS})
set_tests_properties(kafka_stop PROPERTIES FIXTURES_CLEANUP kafka TIMEOUT 60)

# hub_needs_kafka(<test> …): each finds the broker's bootstrap in the file that HUB_KAFKA_BOOTSTRAP_FILE names, and uses
# a namespace of its own.
function(hub_needs_kafka)
  set_property(TEST ${ARGN} APPEND PROPERTY FIXTURES_REQUIRED kafka)
  set_property(TEST ${ARGN} APPEND PROPERTY ENVIRONMENT HUB_KAFKA_BOOTSTRAP_FILE=${HUB_KAFKA_FOLDER}/bootstrap)
endfunction()
