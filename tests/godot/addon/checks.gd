extends Node
# What the scenes that check themselves have in common: lines for the test, and the end.


func _ready() -> void:
	await run()
	print("DONE")
	get_tree().quit()


func run() -> void:
	pass


func check(holds: bool, what: String) -> void:
	print(("PASS " if holds else "FAIL ") + what)


func check_equal(expected: Variant, actual: Variant, what: String) -> void:
	var same: bool = typeof(expected) == typeof(actual) and (is_equal_approx(expected, actual) if expected is float else actual.is_equal_approx(expected) if expected is Vector2 or expected is Vector3 or expected is Quaternion or expected is Transform3D or expected is Color else expected == actual)
	check(same, what if same else "%s: expected %s, got %s" % [what, expected, actual])


func frames(count: int) -> void:
	for i in count:
		await get_tree().process_frame


func seconds(time: float) -> void:
	await get_tree().create_timer(time).timeout


## Waits until something holds.
func until(holds: Callable, what: String) -> void:
	var began := Time.get_ticks_msec()
	while not holds.call():
		if Time.get_ticks_msec() - began > 20000:
			check(false, "in vain: " + what)
			return
		await get_tree().process_frame
	check(true, what)
