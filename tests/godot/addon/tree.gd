extends "res://checks.gd"
# BanyanTree against a model of the cluster: what it makes, what it sends, and that two games always end up alike.

const Cluster := preload("res://model_cluster.gd")


class Game:
	var peer: Cluster.Peer
	var world: Node3D
	var tree: BanyanTree
	var refused := []
	var ready := [0]


var cluster: Cluster
var games: Array[Game] = []


func run() -> void:
	await what_comes()
	await what_goes()
	await what_is_refused()
	await what_was_here_before()
	await gateways()
	for world in 40:
		await agreement(world)
	check(Performance.get_monitor(Performance.OBJECT_ORPHAN_NODE_COUNT) < 5, "no nodes are left over")


func begin(count: int, known := {}) -> void:
	for game in games:
		game.world.get_parent().queue_free()
	await frames(2)
	cluster = Cluster.new()
	for path: String in known:
		cluster.types[path] = known[path][0]
		cluster.values[path] = known[path][1]
	games.clear()
	for i in count:
		games.append(join())


func join(prepare := func(_world: Node3D) -> void: pass) -> Game:
	var game := Game.new()
	var branch := Node.new()
	add_child(branch)
	game.peer = Cluster.Peer.new()
	game.peer.cluster = cluster
	var api := SceneMultiplayer.new()
	api.multiplayer_peer = game.peer
	get_tree().set_multiplayer(api, branch.get_path())
	game.world = Node3D.new()
	prepare.call(game.world)
	branch.add_child(game.world)
	game.tree = BanyanTree.new()
	game.tree.sync_rate = 60.0
	game.tree.scenes = ["res://world/drop.tscn"]
	game.tree.change_refused.connect(func(reason: String): game.refused.append(reason))
	game.tree.tree_ready.connect(func(): game.ready[0] += 1)
	game.world.add_child(game.tree)
	return game


# Until everything is said and heard.
func settle(rounds := 30) -> void:
	for i in rounds:
		await get_tree().process_frame
		for game in games:
			game.peer.step()


func what_comes() -> void:
	await begin(1, {
		"House": ["Node3D", { "transform": Transform3D(Basis(), Vector3(1, 2, 3)) }],
		"House/Door": ["MeshInstance3D", { "visible": false, "script": "res://checks.gd", "no such": 1, "transparency": 0.5 }],
		"House/Fire": ["HTTPRequest", { "timeout": 7.0 }],
		"House/Odd": ["NoSuchClass", {}],
		"House/Drop": ["res://world/drop.tscn", { "count": 4 }],
		"House/Evil": ["res://world/world.tscn", {}],
	})
	var game := games[0]
	await settle()
	check_equal(1, game.ready[0], "the tree is ready once")
	check_equal(Vector3(1, 2, 3), game.world.get_node("House").position, "properties are there")
	check(game.world.get_node("House/Door") is MeshInstance3D and not game.world.get_node("House/Door").visible, "classes of the list are made")
	check_equal(null, game.world.get_node("House/Door").get_script(), "scripts do not come")
	check_equal("Node", game.world.get_node("House/Fire").get_class(), "a class that is not on the list is the nearest above")
	check_equal("Node", game.world.get_node("House/Odd").get_class(), "an unknown one is a node")
	check_equal(4, game.world.get_node("House/Drop").count, "a scene of the list is made, with its script")
	check(game.world.has_node("House/Drop/State"), "and what is in it")
	check_equal(0, game.world.get_node("House/Evil").get_child_count(), "another scene is not")

	var house := game.world.get_node("House")
	cluster.commit([["spawn", "House", "Table", "Node3D", { "position": Vector3(5, 0, 0) }], ["set", "House", { "visible": false }]])
	cluster.commit([["move", "House/Table", ".", "Desk"], ["remove", "House/Odd"]])
	cluster.commit([["set", "Desk", { "position": Vector3(6, 0, 0), "rotation": "wrong", 7: 7 }]])
	game.peer.hear(["changes", game.tree._id, [["set", "nowhere", {}], ["move", "."], "nonsense", [], ["set", 1, 2], ["spawn", ".", "a/b", "Node", {}], ["remove", "."], ["move", "House", "House/Door", "x"]]])
	await settle()
	check_equal(Vector3(6, 0, 0), game.world.get_node("Desk").position, "changes come in order")
	check(house == game.world.get_node("House") and not house.visible and not house.has_node("Odd") and not house.has_node("Table"), "to the nodes that are there")
	game.peer.tree_received.emit(["tree"])
	game.peer.tree_received.emit(["changes", 12345, [["remove", "House"]]])
	check_equal([], game.peer.said.slice(1), "nothing of it is sent back")


func what_goes() -> void:
	await begin(2, { "House": ["Node3D", {}], "House/Door": ["Node3D", {}] })
	await settle()
	var here := games[0].world
	var there := games[1].world
	var lamp := OmniLight3D.new()
	lamp.name = "Lamp"
	lamp.light_energy = 3.0
	var bulb := Node3D.new()
	bulb.position.y = 2.0
	lamp.add_child(bulb)
	here.get_node("House").add_child(lamp)
	await settle()
	check_equal(3.0, there.get_node("House/Lamp").light_energy, "a new node comes over, with its properties")
	check_equal(Vector3(0, 2, 0), there.get_node("House/Lamp/Node3D").position, "and what is below it, by a name that can be read")
	var id := there.get_node("House/Lamp").get_instance_id()
	check_equal({ "light_energy": 3.0 }, cluster.values["House/Lamp"], "only what is not the default is sent")

	here.get_node("House/Door").position.x = 4.0
	lamp.name = "Light"
	await settle()
	check_equal(4.0, there.get_node("House/Door").position.x, "a property comes over")
	check_equal(id, there.get_node("House/Light").get_instance_id(), "a new name, for the same node")
	lamp.reparent(here, false)
	lamp.light_energy = 5.0
	await settle()
	check_equal(id, there.get_node("Light").get_instance_id(), "another parent, for the same node")
	check_equal(5.0, there.get_node("Light").light_energy, "and a property in the same transaction")

	# All at once: out of something that goes, into something new.
	var box := Node3D.new()
	box.name = "House"
	lamp.reparent(here.get_node("House"), false)
	await settle()
	lamp.reparent(here, false)
	here.get_node("House").free()
	here.add_child(box)
	await settle()
	lamp.reparent(box, false)
	await settle()
	check_equal(id, there.get_node("House/Light").get_instance_id(), "a node is saved from what is removed")
	check(not there.has_node("House/Door"), "and the rest is gone")
	check_equal([], games[0].refused + games[1].refused, "nothing was refused")

	# Both set the same; what the cluster says last is so on both sides.
	here.get_node("House").position.x = 1.0
	there.get_node("House").position.x = 2.0
	await settle()
	check_equal(here.get_node("House").position, there.get_node("House").position, "of two at once one wins, everywhere")

	# What no gateway would take stays here.
	var large := Label.new()
	large.name = "Large"
	large.text = "x".repeat(200000)
	large.tooltip_text = "fits"
	here.add_child(large)
	await settle()
	check_equal(["", "fits"], [there.get_node("Large").text, there.get_node("Large").tooltip_text], "a value that is too large is not sent")

	# A property that the cluster forgets.
	cluster.commit([["set", "Large", { "tooltip_text": null }]])
	await settle()
	check_equal("", here.get_node("Large").tooltip_text, "what the cluster forgets is as the class has it")

	var commits := cluster.commits
	var drop := preload("res://world/drop.tscn").instantiate()
	drop.name = "Drop"
	drop.count = 9
	here.add_child(drop)
	var secret := Node3D.new()
	secret.name = "Secret"
	secret.add_to_group(&"banyan_local")
	here.add_child(secret)
	await settle()
	check_equal(9, there.get_node("Drop").count, "a scene comes over as a scene")
	check(cluster.types.has("Drop") and not cluster.types.has("Drop/State"), "without what is in it anyway")
	check(not there.has_node("Secret"), "what is local stays")
	check_equal(commits + 1, cluster.commits, "that was one transaction")

	# More than a transaction may have.
	for i in 200:
		var many := Node3D.new()
		many.name = "Many%d" % i
		many.position.x = i
		here.add_child(many)
	await settle(60)
	check_equal(Vector3(199, 0, 0), there.get_node("Many199").position, "much comes over in parts")
	check_equal([], games[0].refused + games[1].refused, "nothing was refused")


func what_is_refused() -> void:
	await begin(2, { "House": ["Node3D", {}], "House/Door": ["Node3D", { "position": Vector3(1, 0, 0) }] })
	await settle()
	cluster.refuses = func(operations: Array) -> String: return "no" if "House" in str(operations) else ""
	var here := games[0].world
	here.get_node("House/Door").free()
	here.get_node("House").position.x = 3.0
	here.get_node("House").name = "Home"
	var extra := Node3D.new()
	extra.name = "Extra"
	here.get_node("Home").add_child(extra)
	await settle()
	check_equal(["no"], games[0].refused, "the game is told")
	check(here.has_node("House") and here.get_node("House").position.x == 0.0, "names and properties are as they were")
	check_equal(Vector3(1, 0, 0), here.get_node("House/Door").position if here.has_node("House/Door") else null, "what was removed is there again")
	check(not here.has_node("House/Extra"), "what was new is gone")
	var fine := Node3D.new()
	fine.name = "Fine"
	here.add_child(fine)
	await settle()
	check(games[1].world.has_node("Fine"), "and it goes on")


func what_was_here_before() -> void:
	await begin(1, { "House": ["Node3D", { "visible": false }], "House/New": ["Node3D", {}] })
	games[0].world.get_parent().queue_free()
	games.clear()
	var before: Array[Node] = []
	games.append(join(func(world: Node3D) -> void:
		for name: String in ["House", "Camera"]:
			before.append(Node3D.new())
			before.back().name = name
			world.add_child(before.back())))
	await settle()
	check(before[0] == games[0].world.get_node("House") and not before[0].visible and before[0].has_node("New"), "what the cluster has as well is taken over")
	before[1].position.x = 1.0
	await settle()
	check_equal(0, cluster.commits, "the rest is the game's own")
	before[0].position.x = 1.0
	await settle()
	check_equal(1, cluster.commits, "what was taken over is mirrored")


func gateways() -> void:
	await begin(2, { "A": ["Node3D", {}], "B": ["Node3D", {}], "C": ["Node3D", {}] })
	await settle()
	var here := games[0].world
	var a := here.get_node("A")
	games[0].peer.lose()
	a.position.x = 1.0
	var fresh := Node3D.new()
	fresh.name = "Fresh"
	here.add_child(fresh)
	await settle()
	a.position.y = 2.0
	here.get_node("B").name = "Bee"
	games[1].world.get_node("C").position.x = 5.0
	await settle()
	games[0].peer.come_again()
	await settle()
	check_equal(Vector3(1, 2, 0), games[1].world.get_node("A").position, "what the game did meanwhile comes over")
	check(games[1].world.has_node("Fresh") and games[1].world.has_node("Bee"), "new nodes and names as well")
	check_equal(Vector3(5, 0, 0), here.get_node("C").position, "as what the others did")
	check(a == here.get_node("A") and fresh == here.get_node("Fresh"), "nodes stay")

	# The answer is lost, not the change.
	var commits := cluster.commits
	games[0].peer.delay = func() -> int: return 1000
	a.position.x = 7.0
	var late := Node3D.new()
	late.name = "Late"
	here.add_child(late)
	await settle(5)
	check_equal(commits + 1, cluster.commits, "it is committed")
	games[0].peer.lose()
	games[0].peer.delay = func() -> int: return 0
	games[0].peer.come_again()
	await settle()
	check_equal(commits + 1, cluster.commits, "and not once more")
	check(late == here.get_node("Late"), "the node is the same")
	check_equal([], games[0].refused + games[1].refused, "nothing was refused")
	games[1].tree.queue_free()
	await settle()
	check_equal(1, cluster.followers.size(), "who goes does not follow any more")


# Two games do what they like, the way takes its time, and a gateway dies now and then; at the end all have the same.
func agreement(world: int) -> void:
	await begin(2)
	var random := RandomNumberGenerator.new()
	random.seed = world
	for game in games:
		game.peer.delay = func() -> int: return random.randi_range(0, 6)
	await settle()
	for step in 150:
		var game := games[random.randi() % 2]
		for i in random.randi_range(0, 3):
			do_something(game.world, random)
		if random.randf() < 0.02 and world % 2 == 1:
			game.peer.lose()
		for other in games:
			if other.peer.is_away and random.randf() < 0.2:
				other.peer.come_again()
		await settle(1)
	for game in games:
		if game.peer.is_away:
			game.peer.come_again()
	await settle(80)
	var expected := picture_of_cluster()
	check(cluster.commits > 10, "world %d: %d nodes, %d transactions, %d refused" % [world, expected.size(), cluster.commits, games[0].refused.size() + games[1].refused.size()])
	for game in games:
		check_equal(expected, picture(game), "world %d: all have the same" % world)


func do_something(world: Node3D, random: RandomNumberGenerator) -> void:
	var nodes := world.find_children("*", "Node3D", true, false)
	nodes.append(world)
	var node: Node3D = nodes[random.randi() % nodes.size()]
	match random.randi() % 6:
		0, 1:
			if nodes.size() < 25:
				var child := Node3D.new()
				child.name = "N%d" % (random.randi() % 12)
				node.add_child(child, true)
		2 when node != world and nodes.size() > 8:
			node.free()
		3 when node != world:
			node.name = "N%d" % (random.randi() % 12)
		4 when node != world:
			var to: Node3D = nodes[random.randi() % nodes.size()]
			if to != node and not node.is_ancestor_of(to) and node.get_parent() != to:
				node.reparent(to, false)
		5:
			node.position.x = random.randi() % 100


func picture_of_cluster() -> Dictionary:
	var all := {}
	for path: String in cluster.types:
		var transform: Transform3D = cluster.values[path].get("transform", Transform3D.IDENTITY)
		all[path] = transform.origin
	return all


func picture(game: Game) -> Dictionary:
	var all := { ".": game.world.position }
	for node: Node3D in game.world.find_children("*", "Node3D", true, false):
		all[str(game.world.get_path_to(node))] = node.position
	# In the cluster's order, to be equal.
	var ordered := {}
	for path: String in cluster.types:
		if all.has(path):
			ordered[path] = all[path]
	ordered.merge(all)
	return ordered
