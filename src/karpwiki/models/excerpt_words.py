"""Word lists of the embedded model: what opens, ends or disqualifies a sentence or a name."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ABBREVIATIONS = _words(
    """e.g i.e eg ie cf vs al et etc viz ca approx no nr vol fig figs eq sec ch chap pp p ed eds mr mrs ms dr prof st
    sr jr inc ltd co corp dept est n.d jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k a.m p.m incl max min"""
)
"""Words after which a full stop ends no sentence."""

PRONOUNS = _words(
    """it its this that these those they their he his she her him them here there such both each one another either
    neither most some many none all others"""
)
"""Words that point at the sentence before when they open one."""

PERSONAL = _words("it its he his she her him they their them this these those")
"""Pronouns that say so among its first words, too."""

OPENERS = _words(
    """but and so then thus hence therefore however moreover furthermore also besides otherwise meanwhile finally
    similarly likewise instead additionally consequently nevertheless still again first firstly second secondly
    third thirdly next lastly alternatively conversely see note please click run try let's now remember unlike
    together yes no sorry thanks welcome congratulations sources source start make identify find install resolve
    open attach checkout launch modify replace reset use add remove set create go read check ensure choose select
    download follow consider keep avoid feel copy paste press type enter want need depending notably namely following
    specifically importantly unfortunately accordingly nonetheless indeed rather afterwards specify change enable
    disable get put move write update submit verify describe include import prefer give take"""
)
"""Words that make a sentence lean on its context, or speak to the reader."""

LEANING = (
    "for example", "for instance", "in this", "in that", "in these", "in addition", "in other words", "as a result",
    "the following", "the above", "as above", "as such", "on the other hand", "if you", "you can", "you may",
    "you need", "you will", "the same", "the former", "the latter", "because of this", "to do this", "to do so",
    "at this point", "in both", "after this", "after that", "with this", "with that", "by this", "that said",
)  # fmt: skip

LEANING_ZH = (
    "这", "那", "它", "他", "她", "该", "其", "此", "以上", "以下", "上面", "下面", "上述", "下述", "如上", "如下",
    "例如", "比如", "因此", "所以", "但", "然而", "不过", "而且", "并且", "另外", "此外", "同时", "于是", "然后",
    "接着", "随后", "最后", "首先", "其次", "总之", "也就是", "即", "则", "请", "注意", "注：", "并", "而", "或",
    "可以看", "来源", "另有", "另一", "二是", "三是", "前者", "后者", "两者", "二者", "也", "还", "再", "举例",
    "至于", "否则", "反之", "具体", "一是", "综上", "接下来", "安装命令", "新增", "修复", "修改", "可以", "可免费",
    "可使用", "欢迎", "安装", "最好", "进入", "打开", "下载", "执行", "运行", "按照", "确保", "复制",
    "更多", "详见", "参见", "点击", "如果你", "如果您", "你", "您", "我",
)  # fmt: skip

VERBS = _words(
    """is are was were be been has have had do does did can could will would may might must shall should means makes
    made uses used gives gave takes took lets becomes became needs contains holds provides supports allows includes
    requires returns says said writes wrote shows works runs keeps calls called adds helps offers stands comes goes
    counts creates created defines describes enables ensures exists finds follows handles implements manages offers
    performs produces reads replaces represents sets starts stores tells turns wants"""
)
"""Words that make an unpunctuated line a sentence."""

FOR_HELPERS = ("contribut", "贡献", "code of conduct", "行为准则", "pull request")
"""What headings hold that speak to those who work on a project."""

NOT_DOING = _words("string spring king ring wing thing being sibling ping building beijing peking wyoming")
"""Words that end like something being done and are not."""

AFTER_VERB = _words("a an the any all whether if when only")
"""Words that show the word with an s before them to be a verb."""

DESCRIBING = tuple(
    """工具 工具箱 类库 库 插件 框架 模块 主题 系统 平台 软件 程序 组件 引擎 指南 教程 文档 手册 接口 项目 library
    toolkit tool tools package plugin framework module theme software engine bindings wrapper client utilities
    helpers""".split()
)
"""How a title ends that says what a project is, not what it is called."""

SKIPPED = _words(
    """references reference bibliography license licence licensing copyright contributors contributing sponsors backers
    acknowledgements acknowledgments credits changelog change_log changes toc contents table_of_contents
    links see_also further_reading sources footnotes citation cite authors author maintainers release_notes
    what_s_new badges donate donation sponsor support_us community contact todo in_this_article related_links
    security_contact reporting_issues reporting_bugs
    参考资料 参考文献 参考 参考链接 许可 许可证 许可协议 开源协议 版权 贡献 贡献者 贡献指南 致谢 鸣谢 感谢 更新日志
    变更日志 目录 链接 延伸阅读 相关链接 来源 引用 赞助 捐赠 捐助 作者 联系方式 联系我们 交流群 友情链接 版权声明
    声明 开源许可 协议 资料来源 注释 脚注 生态 特别感谢 免责声明"""
)
"""Headings under which nothing is claimed; a space is `_`."""

GENERIC = _words(
    """about abstract advanced advice alternatives analysis api api_reference appendix applications approach
    architecture argument arguments assumptions attention audience background backup basics benchmark benchmarks
    best benefits best_practice best_practices bonus breaking browser browsers bug bugs build building built caution
    caveat caveats challenges chapter checklist class classes cli code code_of_conduct collaborators command
    commands comments comparison compatibility components concept concepts conclusion conclusions config
    configuration configure considerations constants context contributor conventions core cost credits criticism
    criticisms customization danger data database date dates debugging default defaults definition definitions demo
    dependencies deployment deprecated deprecation description design desc detail details developer developers
    development difference differences disclaimer discussion document documentation documents docs download
    downloads draft edit editor effect effects email english enhancement environment error errors evaluation event
    events example examples exception exceptions experiment experiments faq faqs feature features feedback field
    fields figure figures file files final findings fix fixed flags folder format formats forum framework function
    functions future future_work general getting_help getting_started global glossary goal goals guide guidelines
    handbook help hint history home homepage how_it_works how_to i idea ideas images impact implementation
    implications important improvements index info information input install installation installing integration
    integrations intro introduction issue issues key keywords known_issues language languages latest lead legal
    lessons level library limitation limitations limits link linux list location logging main maintainer manual
    measures member members message messages method methodology methods metrics migration mission mode models module
    modules more motivation name names news none note notes notice number numbers object objects online open
    open_source option options optional other others output outline overview package packages page pages paragraph
    parameter parameters part parts path people performance philosophy pipeline plan platform platforms plugin
    plugins policy popular preface prerequisites principles privacy pro problem problems process product products
    production project projects properties property pros proposal protocol public purpose question questions quick
    quick_start quickstart quotes rationale readme read_more recap recommendation recommendations recommended
    related related_work release releases report repository request requirements resource resources result results
    return returns review roadmap role roles root rule rules run running sample samples schedule scope screenshot
    screenshots search section security series server service setting settings setup share side site size solution
    solutions source source_code specification standard start status step steps strategy structure style subject
    subjects summary support supported syntax system systems table tag tags takeaways task tasks team teams template
    terminology terms test testing tests text theory thing things tip tips title tl_dr tldr tool tools topic topics
    tradeoffs troubleshooting tutorial tutorials type types unreleased update updates upgrade upgrading usage use
    use_cases user users using utilities value values variable variables version versions video videos vision
    warning warnings website week why windows work workflow yes you abbr added changed removed bugfixes true false
    null undefined
    post_release pre_release synopsis extension extensions init badges enterprise for_enterprise
    bsd apache apache_license mit mit_license copyright pull_request pull_requests merge_request
    public_domain free_software gpl lgpl api apis url urls http https html css json xml yaml toml cli ui gui id ids
    os pr prs pdf utf ascii ide sdk cpu gpu ram ssh ssl tls tcp ip dns csv sql faq rest us uk eu usa ok ci cd pc
    ascii utc gmt am pm tbd wip rfc isbn doi llm llms ai macos posix unix bash shell windows_linux internet web tier
    phase level option 训练 反馈 贡献 提交 组件 插件 模板 introduce
    action actions group groups literal normal glossary collaborator needs active planning
    permission permissions string boolean array promise integer decimal client clients script scripts stage
    monday tuesday wednesday thursday friday saturday sunday january february march
    april may june july august september october november december today tomorrow yesterday english chinese german
    french japanese american european western eastern north south east west new_york 简介 介绍 概述 概览 前言 引言
    导言 背景 安装 安装方法 安装使用 使用 使用方法 使用说明 使用示例 用法 基本用法 快速开始 快速上手 快速入门 入门
    开始使用 示例 例子 示例代码 代码示例 演示 文档 中文文档 说明 说明文档 特性 特点 功能 主要功能 功能特性 功能列表
    配置 参数 参数说明 选项 接口 总结 小结 结论 结语 讨论 附录 问题 常见问题 注意 注意事项 提示 警告 重要 注 备注
    更新 更新记录 版本 版本说明 历史 下载 依赖 环境要求 环境 要求 测试 开发 开发指南 构建 部署 运行 编译 调试 性能
    架构 设计 目标 原理 流程 步骤 方法 方案 结果 实验 数据 内容 目的 意义 优点 缺点 优势 不足 局限 其他 其它 更多
    相关 相关项目 相关文章 项目 项目介绍 项目结构 目录结构 结构 日期 时间 作者 标题 名称 类型 描述 默认值 必填 序号
    编号 中文 英文 英语 本文 文章 读者 用户 一 二 三 四 五 第一 第二 第三 优化 修复 新增 变更 主要算法 由来 起源
    定义 评价 影响 应用 应用场景 场景 特征 弱点 批评 争议 例外 做法 建议 待办 交流 同类工具 数字 来历 查询 检查 收录
    优先级 注释 声明 中文版 英文版 源码 源代码 命令行 说法 官方文档 在线文档 系统要求 浏览器支持 贡献代码 主要特性
    技术栈 在线演示 其他语言实现 效果 模型 标准 规则 原则 工具 资源 教程 指南"""
)
"""Headings, labels and common words that are never a subject by themselves; a space is `_`."""

GENERIC_FIRST = _words(
    """the a an one quick basic advanced known related supported key common other more new current main simple general
    additional further important useful typical possible how why what when where which who getting using installing
    building running adding creating writing making setting configuring choosing understanding working contributing
    testing introducing learning developing deploying debugging upgrading migrating your our my this that these
    those some any every all no not without with from for in on at to by as if is are was be can should must don't
    do does step part chapter section figure table appendix release upgrade install example sample default optional
    recommended required it they he she we you i there here first second third next last latest early late many few
    several most two three four five six about between after before during since until under over into than then
    only also even via per see read let make use get try keep add create run set check note tip case its his her
    their technical available custom extra frequently public frequently-asked complete full list additionally
    however although while because high low good bad great better best large small long short old same different
    such each both existing major minor comparing extending handling converting parsing validating loading checking
    generating connecting managing maintaining supporting specifying defining overriding customizing implementing
    enabling disabling reporting releasing publishing updating removing pure native lightweight modern powerful
    declarative comprehensive responsive fast easy flexible secure uses visit strip supports"""
)
"""Words that no name made of common words begins with."""

GENERIC_LAST = _words(
    """usage option options installation feature features issue issues example examples list section steps guide
    tutorial documentation docs support requirements dependencies contributors version versions history status setup
    settings results summary questions information details file files links link resources page pages code is are
    was and or of the a an to for in on with by as at from reference references name names things thing way ways
    overview introduction license licence parameters argument arguments variables variable command commands folder
    directory instructions notice case cases problem problems differences difference comparison goal goals
    limitations changes mode value values type types number numbers users user people part parts tips faq policy
    meeting meetings"""
)
"""Words that no name made of common words ends with."""

VERBISH = _words(
    """is are was were be has have had do does did can will would should must may might not don't doesn't isn't can't
    won't it its this that these those they their your our my we you i he she him them what how why when where which
    who if because than then so but and or after before between whether vs through during via using"""
)
"""Words that make a phrase part of a sentence rather than a name."""

PREPOSITIONS = _words("by into from with without to in on at as against under about than")
"""Words that only a name in capitals holds."""

SMALL = PREPOSITIONS | _words("of the a an for")
"""Words without a capital inside a name in capitals."""

METHOD_ENDS = (
    "算法", "方法", "法", "流程", "技术", "algorithm", "algorithms", "method", "technique", "workflow", "protocol",
    "procedure", "方法论", "工作流", "协议",
)  # fmt: skip
NOT_METHOD_ENDS = (
    "语法", "看法", "说法", "想法", "用法", "宪法", "版权法", "书法", "文法", "无法", "合法", "司法", "立法",
)  # fmt: skip

PART_ENDS = _words(
    """process procedure policy guide binary release support management development design requirement generation
    resolution metadata triage tracker program programme strategy planning maintenance testing onboarding research
    meeting class api setting convention library layout check separator template build environment file config
    configuration instruction tracking handling analysis review workflow schedule criteria criterion responsibility
    role group team step stage installation integration migration compatibility performance structure detail update
    upgrade change list example usage behavior behaviour option argument parameter variable value field method
    function property object parser endpoint request response header error exception message event command output
    input format syntax style rule guideline practice resource community contribution communication documentation
    limitation feature issue problem question answer version edition location address directory folder path name
    type level mode state status data database table row column entry item element section part"""
)
"""Last words of phrases that say what is done, or what something consists of; in the singular."""

LANGUAGES = _words("node node.js python javascript typescript java perl ruby php c c++ go rust windows")
"""What a phrase begins with that names no thing of its own: `Python wrapper`."""

PART_ENDS_ZH = (
    "管理", "设计", "支持", "开发", "发布", "维护", "配置", "选项", "方式", "问题", "功能", "特性", "过程", "需求",
    "规范", "处理", "操作", "设置", "说明", "步骤", "示例", "列表", "文件", "目录", "参数", "属性", "事件", "样式",
    "版本", "记录", "环境", "部署", "测试", "优化", "要求", "建议", "计划", "指南", "教程", "文档", "介绍", "项目",
    "情况", "信息", "内容",
)  # fmt: skip
"""How a Chinese phrase ends that says the same."""

CONCEPT_ENDS = _words(
    """engineering coding theory principle effect law pattern language intelligence learning memory thinking theorem
    problem hypothesis bias curve paradox model management knowledge notes note gap index test loop wiki wikis
    agents agent context window"""
)
"""Last words that make a capitalised name a concept."""

HAN_LEADING = "是由和与及或在为对把被给让向从到说的了等如叫即称作用以而并且个种位名当比据其该这那"
HAN_SENTENCE = (
    "是", "了", "不", "的", "吗", "吧", "呢", "会", "能", "要", "把", "被", "我", "你", "他", "它", "们", "请",
    "这", "那",
)  # fmt: skip
"""Characters that make a marked Chinese phrase part of a sentence rather than a name."""

EN_LABELS = (("Most linked", "By inbound links."), ("Most sources", "By number of sources."))
ZH_LABELS = (("链接最多", "按链入的页面数排列。"), ("来源最多", "按来源数排列。"))
"""Theme and reason of the reading paths."""

MONTHS = _words(
    """january february march april june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday"""
)

COMMON_OPENING = frozenset(w for w in GENERIC_FIRST | VERBISH | OPENERS | PRONOUNS | VERBS if not w.endswith("ing"))
"""Words with a capital only because they open a sentence."""
