extends Node3D
# The world as well, as far as spawners go, which follows its board twice: as it is, and to change it at random for some seconds ("SEED SECONDS URL...").
# What it has in the end it tells every second.

var random := RandomNumberGenerator.new()
var until := 0.0
var age := 0.0
var next := 0.0
var board := Node3D.new()
var picture := Node3D.new()


func _ready() -> void:
	var arguments := OS.get_cmdline_user_args()
	random.seed = int(arguments[0])
	until = float(arguments[1])
	var peer := BanyanMultiplayerPeer.connect_to(arguments.slice(2))
	peer.gateway_lost.connect(func(_reason: String): print("LOST"))
	peer.resumed.connect(func(milliseconds: int): print("RESUMED after %d ms" % milliseconds))
	peer.session_ended.connect(func(reason: String): print("ENDED " + reason))
	multiplayer.multiplayer_peer = peer
	for world: Node3D in [board, picture]:
		add_child(world)
		var tree := BanyanTree.new()
		tree.root_path = "/root/World/Board"
		tree.scenes = ["res://world/drop.tscn"]
		tree.change_refused.connect(func(reason: String): print("REFUSED " + reason))
		tree.tree_lost.connect(func(reason: String): print("NONE " + reason))
		world.add_child(tree)
		await tree.tree_ready
	print("READY")
	var fixed := Node3D.new()
	fixed.name = "Mine"
	board.get_node("Fixed").add_child(fixed)


func _process(delta: float) -> void:
	if not board.has_node("Fixed"):
		return
	age += delta
	if age < until and random.randf() < delta * 20.0:
		change()
	if age > next:
		next = age + 1.0
		var both := [told(board), told(picture)]
		print("%s %s" % ["BOARD" if both[0] == both[1] and age > until else "APART", both[0]])


func change() -> void:
	var nodes := board.find_children("N*", "Node3D", true, false)
	nodes.append(board)
	var node: Node3D = nodes[random.randi() % nodes.size()]
	match random.randi() % 7:
		0, 1 when nodes.size() < 25:
			var child: Node3D = Node3D.new() if random.randf() < 0.7 else preload("res://world/drop.tscn").instantiate()
			child.name = "N%d" % (random.randi() % 12)
			if child.scene_file_path != "":
				child.count = random.randi() % 100
			node.add_child(child, true)
		2 when node != board and nodes.size() > 8:
			node.free()
		3 when node != board:
			node.name = "N%d" % (random.randi() % 12)
		4 when node != board:
			var to: Node3D = nodes[random.randi() % nodes.size()]
			if to != node and not node.is_ancestor_of(to) and node.get_parent() != to:
				node.reparent(to, false)
		5, 6:
			node.position.x = random.randi() % 100


func told(world: Node3D) -> String:
	var all := ["%s" % world.position.x]
	for node: Node3D in world.find_children("*", "Node3D", true, false):
		all.append("%s=%s%s" % [world.get_path_to(node), node.position.x, node.get("count") if node.get("count") != null else ""])
	all.sort()
	return " ".join(all)
