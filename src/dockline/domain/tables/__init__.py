"""Tables that people bring in: the plan of what each row would do, before anything is changed."""
