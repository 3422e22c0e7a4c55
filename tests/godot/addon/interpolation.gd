extends "res://checks.gd"
# BanyanInterpolator: its parts with times that are made up, then all of it behind a stock synchronizer.

const Track := preload("res://addons/banyan/interpolation/track.gd")
const Blend := preload("res://addons/banyan/interpolation/blend.gd")
const Loopback := preload("res://loopback_peer.gd")


func run() -> void:
	blends()
	tracks()
	await synchronized_nodes()


func blends() -> void:
	check_equal(2.0, Blend.between(1.0, 5.0, 0.25, ^".:health"), "a number goes straight")
	check_equal(Vector3(1, 2, 3), Blend.between(Vector3.ZERO, Vector3(2, 4, 6), 0.5, ^".:position"), "a vector goes straight")
	check_equal(Vector3(3, 6, 9), Blend.between(Vector3.ZERO, Vector3(2, 4, 6), 1.5, ^".:position"), "and on")
	var over := Blend.between(deg_to_rad(170.0), deg_to_rad(-170.0), 0.5, ^".:rotation") as float
	check_equal(180.0, absf(rad_to_deg(over)), "an angle takes the short way")
	var turned := Blend.between(Vector3(0, deg_to_rad(170.0), 0), Vector3(0, deg_to_rad(-170.0), 0), 0.5, ^"Head:rotation") as Vector3
	check_equal(PI, absf(turned.y), "three angles take the short way")
	turned = Blend.between(Vector3(0, 170, 0), Vector3(0, -170, 0), 0.5, ^".:rotation_degrees")
	check_equal(180.0, absf(turned.y), "degrees as well")
	check_equal(0.5, Blend.between(0.0, 1.0, 0.5, ^".:position:x"), "a part of a vector is a number")
	check_equal("a", Blend.between("a", "b", 0.9, ^".:title"), "what has nothing between stays")
	check_equal("b", Blend.between("a", "b", 1.0, ^".:title"), "until its time has come")
	check_equal(7, Blend.between(7, 9, 0.5, ^".:count"), "whole numbers stay as well")
	check_equal(Color.WHITE, Blend.between(Color.BLACK, Color.WHITE, 1.5, ^".:modulate"), "a color does not go beyond")
	var half := Blend.between(Transform3D.IDENTITY, Transform3D(Basis(Vector3.UP, 1.0), Vector3(2, 0, 0)), 0.5, ^".:transform") as Transform3D
	check_equal(Transform3D(Basis(Vector3.UP, 0.5), Vector3(1, 0, 0)), half, "a transform turns and moves")
	check_equal(Quaternion(Vector3.UP, 0.5), Blend.between(Quaternion.IDENTITY, Quaternion(Vector3.UP, 1.0), 0.5, ^".:quaternion"), "a quaternion turns")


func track_of(property: NodePath) -> Track:
	var track := Track.new(0.1)
	track.properties = [property] as Array[NodePath]
	return track


func tracks() -> void:
	var track := track_of(^".:position")
	check_equal(null, track.at(1.0, 0.0), "nothing is shown before anything has come")
	track.shown = [Vector3.ZERO]
	for i in 20:
		track.push(10.0 + i * 0.1, [Vector3(i, 0, 0)])
	check_equal(Vector3(8.5, 0, 0), track.at(10.85, 0.0)[0], "between two values")
	check_equal(Vector3(19, 0, 0), track.at(12.0, 0.0)[0], "it ends where the last value is")
	check_equal(null, track.at(12.5, 0.0), "and then there is nothing new")
	track.push(12.0, [Vector3(20, 0, 0)])
	check_equal(Vector3(20.3, 0, 0), track.at(12.03, 0.05)[0], "for a while it goes on")
	check_equal(Vector3(20.5, 0, 0), track.at(12.05, 0.05)[0], "so far")
	check_equal(Vector3(20.2, 0, 0), track.at(12.08, 0.05)[0], "then it comes back")
	check_equal(Vector3(20, 0, 0), track.at(12.3, 0.05)[0], "and stands still")
	track.push(15.0, [Vector3(21, 0, 0)])
	check_equal(Vector3(20, 0, 0), track.at(14.85, 0.0)[0], "after a rest it begins late")
	check_equal(Vector3(20.5, 0, 0), track.at(14.95, 0.0)[0], "and not slowly")
	track.teleport_distance = 5.0
	track.push(15.1, [Vector3(100, 0, 0)])
	check_equal(Vector3(21, 0, 0), track.at(15.09, 0.0)[0], "a jump waits for its time")
	check_equal(Vector3(100, 0, 0), track.at(15.1, 0.0)[0], "and jumps")
	track.clear(true)
	track.push(15.2, [Vector3(7, 0, 0)])
	check_equal(Vector3(7, 0, 0), track.at(15.0, 0.0)[0], "after a reset the next value is there at once")
	track.clear(false)
	track.shown = [Vector3(1, 0, 0)]
	track.push(16.0, [Vector3(2, 0, 0)])
	check_equal(Vector3(1, 0, 0), track.at(15.8, 0.0)[0], "else it begins where it is")

	# Sent every 100 ms, with up to 60 ms more on the way: the shown speed stays near 1 all the same.
	var even := track_of(^".:position")
	var random := RandomNumberGenerator.new()
	random.seed = 7
	var arrived := 0
	var arrivals: Array[float] = []
	for i in 200:
		arrivals.append(i * 0.1 + random.randf() * 0.06)
	var last := 0.0
	var worst := 0.0
	for frame in 60 * 20:
		var now := frame / 60.0
		while arrived < arrivals.size() and arrivals[arrived] <= now:
			even.push(arrivals[arrived], [Vector3(arrived * 0.1, 0, 0)])
			arrived += 1
		var values: Variant = even.at(now - 0.25, 0.0)
		if values == null:
			continue
		if now > 8.0 and now < 19.0:
			worst = maxf(worst, absf((values[0].x - last) * 60.0 - 1.0))
		last = values[0].x
	check(worst < 0.15, "jitter of the way is smoothed out (speed off by at most %.2f)" % worst)
	check(even.jitter > 0.005 and even.jitter < 0.04, "and measured (%.3f s)" % even.jitter)
	check(absf(even.interval - 0.1) < 0.01, "as the interval is (%.3f s)" % even.interval)

	var endless := track_of(^".:position")
	for i in 1000:
		endless.push(i * 0.1, [Vector3.ZERO])
	check(endless._stamps.size() <= 64, "what nobody looks at is forgotten")


# Server and client in one process, each with its own branch and its own SceneMultiplayer.
func synchronized_nodes() -> void:
	var pair := Loopback.pair()
	var players: Array[Node3D] = []
	for peer: MultiplayerPeer in pair:
		var branch := Node.new()
		branch.name = "Branch%d" % peer.id
		add_child(branch)
		var api := SceneMultiplayer.new()
		api.multiplayer_peer = peer
		get_tree().set_multiplayer(api, branch.get_path())
		players.append(player())
		branch.add_child(players.back())
	var server := players[0]
	var client := players[1]
	var random := RandomNumberGenerator.new()
	random.seed = 3
	pair[0].delay = func() -> int: return random.randi_range(0, 30)
	pair[0].loses = func() -> bool: return random.randf() < 0.05
	var interpolator := client.get_node("Pose/Interpolator") as BanyanInterpolator
	var pose := client.get_node("Pose") as MultiplayerSynchronizer
	check_equal([^".:position", ^".:rotation", ^"Body:scale"], interpolator._always.properties + interpolator._on_change.properties, "all that has values between is shown")
	check_equal(null, interpolator.get_newest(^".:position"), "nothing has come yet")

	# Straight ahead, at speed 4. The raw value moves in steps of 100 ms. What is looked at are two seconds without a frame
	# that took long: when the machine stands still, so do the values, and then nothing is even.
	var raw: Array[float] = []
	var shown: Array[float] = []
	var seen_by_signal := [0]
	pose.synchronized.connect(func() -> void:
		if client.position.x == interpolator.get_newest(^".:position").x and client.position.x > 1.0:
			seen_by_signal[0] += 1)
	var began := Time.get_ticks_usec()
	var elapsed := 0.0
	var measured_from := 4.0
	while elapsed < measured_from + 2.0 and elapsed < 25.0:
		var last := elapsed
		elapsed = (Time.get_ticks_usec() - began) / 1000000.0
		if elapsed > measured_from and elapsed - last > 0.05:
			# The delay that it takes to bridge this is let go of again after some seconds, slowly.
			measured_from = elapsed + 4.0
			raw.clear()
			shown.clear()
		server.position.x = elapsed * 4.0
		server.get_node("Body").scale = Vector3.ONE * (1.0 + floorf(elapsed))
		await get_tree().process_frame
		if elapsed > measured_from:
			raw.append(elapsed - interpolator.get_newest(^".:position").x / 4.0)
			shown.append(elapsed - client.position.x / 4.0)
	check(elapsed < 25.0, "two seconds without a frame of more than 50 ms")
	check(deviation(shown) < deviation(raw) / 2.0, "what is shown moves evenly (%.1f ms off), what arrives does not (%.1f)" % [deviation(shown) * 1000.0, deviation(raw) * 1000.0])
	check_equal(0, seen_by_signal[0], "nobody sees the synchronizer's own value")
	check(interpolator.get_delay() > 150.0 and interpolator.get_delay() < 500.0, "the delay has grown to what 100 ms need (%.0f ms)" % interpolator.get_delay())

	# It stops: the shown value comes to rest at the very value.
	var rest := ceilf(server.position.x)
	var size: float = server.get_node("Body").scale.x
	server.position.x = rest
	await until(func() -> bool: return client.position.x == rest, "it comes to rest")
	await seconds(0.6)
	check_equal(rest, client.position.x, "at rest it stays")
	check(size >= 6.0, "it has grown")
	check_equal(size, client.get_node("Body").scale.x, "on-change properties arrive")

	# Only one of two on-change properties moves.
	server.rotation = Vector3(0, 1, 0)
	await until(func() -> bool: return client.rotation.is_equal_approx(Vector3(0, 1, 0)), "the rotation")
	check_equal(size, client.get_node("Body").scale.x, "what did not change stays")

	# A jump.
	server.position = Vector3(1000, 0, 0)
	var between := [0]
	await until(func() -> bool:
		if client.position.x > rest + 1.0 and client.position.x < 999.0:
			between[0] += 1
		return client.position.x == 1000.0, "the jump")
	check_equal(0, between[0], "a jump has nothing between")

	# The client takes over: nothing of the old moves it any more, and the server shows what the client does.
	server.position = Vector3(1003, 0, 0)
	await until(func() -> bool: return client.position.x > 1000.5, "under way")
	server.get_node("Pose").set_multiplayer_authority(2)
	await seconds(0.1) # what is on its way
	pose.set_multiplayer_authority(2)
	await frames(2)
	var at := client.position.x
	await seconds(0.5)
	check_equal(at, client.position.x, "whoever has the authority is left alone")
	client.position.x = 1001.0
	await until(func() -> bool: return server.position.x == 1001.0, "the former authority shows what the new one does")

	# And back: it goes on from where it is.
	pose.set_multiplayer_authority(1)
	await seconds(0.1)
	server.get_node("Pose").set_multiplayer_authority(1)
	var steps := [1001.0, 0.0]
	server.position.x = 1004.0
	await until(func() -> bool:
		steps[1] = maxf(steps[1], absf(client.position.x - steps[0]))
		steps[0] = client.position.x
		return client.position.x == 1004.0, "back again")
	check(steps[1] < 2.0, "without a jump (at most %.2f a frame)" % steps[1])

	interpolator.reset()
	server.position.x = 1006.0
	await until(func() -> bool: return interpolator.get_newest(^".:position") != null and interpolator.get_newest(^".:position").x == 1006.0, "after a reset")
	await frames(1)
	check_equal(1006.0, client.position.x, "the value is there at once")


func player() -> Node3D:
	var node := Node3D.new()
	node.name = "Player"
	var body := Node3D.new()
	body.name = "Body"
	node.add_child(body)
	var config := SceneReplicationConfig.new()
	for property: NodePath in [^".:position", ^".:rotation", ^"Body:scale", ^".:name"]:
		config.add_property(property)
		config.property_set_spawn(property, false)
		config.property_set_replication_mode(property, SceneReplicationConfig.REPLICATION_MODE_ON_CHANGE)
	config.property_set_replication_mode(^".:position", SceneReplicationConfig.REPLICATION_MODE_ALWAYS)
	config.property_set_replication_mode(^".:name", SceneReplicationConfig.REPLICATION_MODE_NEVER)
	var pose := MultiplayerSynchronizer.new()
	pose.name = "Pose"
	pose.replication_config = config
	pose.replication_interval = 0.1
	pose.delta_interval = 0.1
	var interpolator := BanyanInterpolator.new()
	interpolator.name = "Interpolator"
	interpolator.extrapolation = 0.0
	pose.add_child(interpolator)
	node.add_child(pose)
	return node


static func deviation(values: Array[float]) -> float:
	var mean := 0.0
	for value in values:
		mean += value / values.size()
	var sum := 0.0
	for value in values:
		sum += (value - mean) * (value - mean) / values.size()
	return sqrt(sum)
