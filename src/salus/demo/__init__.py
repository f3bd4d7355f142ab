"""The story that shows the main job: one file per step, played by `salus demo` and by the end-to-end tests."""
