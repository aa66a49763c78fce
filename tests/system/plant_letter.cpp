// Puts a dead letter into the state of a stopped server, as its runner would have, and prints the letter's id.
//
//   hub_plant_letter STATE_FOLDER SOURCE ENTITY TYPE ORGANISATION PROJECT < DATA
//
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "actors/engine/state_store.hpp"

int main(int count, char** arguments) {
  if (count != 7) return EXIT_FAILURE;
  auto store = hub::engine::open_state_store(arguments[1]);
  if (!store) return EXIT_FAILURE;
  hub::engine::DeadLetter letter;
  letter.at = hub::wall_now();
  letter.node = "embedded";
  letter.reason = "decide threw";
  letter.input.source = static_cast<hub::engine::Input::Source>(std::atoi(arguments[2]));
  letter.input.entity = arguments[3];
  letter.input.type = arguments[4];
  letter.input.organisation = arguments[5];
  letter.input.project = arguments[6];
  letter.input.data.assign(std::istreambuf_iterator<char>(std::cin), {});
  letter.input.actor = "user:dev";
  letter.id = hub::engine::letter_id(letter);
  if (store.value()->keep({letter}).size() != 1) return EXIT_FAILURE;
  std::puts(letter.id.c_str());
}
